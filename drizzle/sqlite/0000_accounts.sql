CREATE TABLE `account_entries` (
	`account` blob NOT NULL,
	`seq` integer NOT NULL,
	`entry` blob NOT NULL,
	PRIMARY KEY(`account`, `seq`),
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `accounts` (
	`account` blob PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	`disabled_at` integer,
	`profile` blob
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_name_unique` ON `accounts` (`name`);--> statement-breakpoint
CREATE TABLE `binds` (
	`account` blob NOT NULL,
	`method` blob NOT NULL,
	`bind` blob NOT NULL,
	PRIMARY KEY(`account`, `method`),
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `conversation_entries` (
	`conversation` blob NOT NULL,
	`seq` integer NOT NULL,
	`entry` blob NOT NULL,
	PRIMARY KEY(`conversation`, `seq`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `conversations` (
	`conversation` blob PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `credentials` (
	`account` blob PRIMARY KEY NOT NULL,
	`identifier` blob NOT NULL,
	`record` text NOT NULL,
	`stretching` integer NOT NULL,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `credentials_identifier_unique` ON `credentials` (`identifier`);--> statement-breakpoint
CREATE TABLE `devices` (
	`device` blob PRIMARY KEY NOT NULL,
	`account` blob NOT NULL,
	`added_at` integer NOT NULL,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `epoch_boxes` (
	`conversation` blob NOT NULL,
	`account` blob NOT NULL,
	`epoch` integer NOT NULL,
	`g` integer NOT NULL,
	`box` blob NOT NULL,
	PRIMARY KEY(`conversation`, `account`, `epoch`, `g`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `friendships` (
	`lower` blob NOT NULL,
	`higher` blob NOT NULL,
	`lower_asked` integer NOT NULL,
	`state` text NOT NULL,
	`since` integer NOT NULL,
	`request` blob NOT NULL,
	`accept` blob,
	PRIMARY KEY(`lower`, `higher`),
	FOREIGN KEY (`lower`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`higher`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `friendships_higher` ON `friendships` (`higher`);--> statement-breakpoint
CREATE TABLE `instance_facts` (
	`fact` text PRIMARY KEY NOT NULL,
	`value` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `invites` (
	`id` text PRIMARY KEY NOT NULL,
	`token_hash` blob NOT NULL,
	`created_by` blob NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`uses_left` integer NOT NULL,
	FOREIGN KEY (`created_by`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invites_token_hash_unique` ON `invites` (`token_hash`);--> statement-breakpoint
CREATE TABLE `kem_keys` (
	`account` blob NOT NULL,
	`hash` blob NOT NULL,
	`key` blob NOT NULL,
	PRIMARY KEY(`account`, `hash`),
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `members` (
	`conversation` blob NOT NULL,
	`account` blob NOT NULL,
	`role` text NOT NULL,
	PRIMARY KEY(`conversation`, `account`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `members_account` ON `members` (`account`);--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`account` blob NOT NULL,
	`sid` text NOT NULL,
	`expires_at` integer NOT NULL,
	`nonce` blob NOT NULL,
	`successor` text,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`sid`) REFERENCES `session_families`(`sid`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_account` ON `refresh_tokens` (`account`);--> statement-breakpoint
CREATE INDEX `refresh_tokens_expiry` ON `refresh_tokens` (`expires_at`);--> statement-breakpoint
CREATE TABLE `session_families` (
	`sid` text PRIMARY KEY NOT NULL,
	`account` blob NOT NULL,
	`device` blob NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer NOT NULL,
	`ended_at` integer,
	`ended_code` text,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `session_families_account` ON `session_families` (`account`);--> statement-breakpoint
CREATE TABLE `vaults` (
	`account` blob NOT NULL,
	`version` integer NOT NULL,
	`device` blob NOT NULL,
	`stored_at` integer NOT NULL,
	`vault` blob NOT NULL,
	PRIMARY KEY(`account`, `version`),
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `vk_boxes` (
	`account` blob NOT NULL,
	`recipient` blob NOT NULL,
	`vk_gen` integer NOT NULL,
	`box` blob NOT NULL,
	PRIMARY KEY(`account`, `recipient`, `vk_gen`),
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
