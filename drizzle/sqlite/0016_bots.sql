CREATE TABLE `bots` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` blob NOT NULL,
	`name` text NOT NULL,
	`token_hash` blob NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`account` blob,
	`ended_at` integer,
	FOREIGN KEY (`owner`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `bots_token_hash_unique` ON `bots` (`token_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `bots_account_unique` ON `bots` (`account`);--> statement-breakpoint
CREATE INDEX `bots_owner` ON `bots` (`owner`);--> statement-breakpoint
ALTER TABLE `accounts` ADD `owner` blob;