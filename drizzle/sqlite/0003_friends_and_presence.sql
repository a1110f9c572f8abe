CREATE TABLE `blocks` (
	`account` blob NOT NULL,
	`blocked` blob NOT NULL,
	`since` integer NOT NULL,
	PRIMARY KEY(`account`, `blocked`),
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`blocked`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `friend_changes` (
	`account` blob NOT NULL,
	`other` blob NOT NULL,
	`version` integer NOT NULL,
	PRIMARY KEY(`account`, `other`),
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`other`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `friend_changes_version` ON `friend_changes` (`account`,`version`);--> statement-breakpoint
CREATE TABLE `sealed_entries` (
	`account` blob NOT NULL,
	`name` blob NOT NULL,
	`version` integer NOT NULL,
	`entry` blob NOT NULL,
	PRIMARY KEY(`account`, `name`),
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `sealed_entries_version` ON `sealed_entries` (`account`,`version`);--> statement-breakpoint
ALTER TABLE `accounts` ADD `hidden` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `last_seen` integer;--> statement-breakpoint
ALTER TABLE `friendships` ADD `closing` blob;