CREATE TABLE `blobs` (
	`blob` blob PRIMARY KEY NOT NULL,
	`conversation` blob NOT NULL,
	`account` blob NOT NULL,
	`device` blob NOT NULL,
	`length` integer NOT NULL,
	`received` integer NOT NULL,
	`used_at` integer NOT NULL,
	`event` blob,
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `blobs_account` ON `blobs` (`account`);--> statement-breakpoint
CREATE INDEX `blobs_event` ON `blobs` (`conversation`,`event`);--> statement-breakpoint
CREATE INDEX `blobs_used` ON `blobs` (`used_at`);