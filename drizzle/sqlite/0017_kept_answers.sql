CREATE TABLE `kept_answers` (
	`id` blob PRIMARY KEY NOT NULL,
	`account` blob NOT NULL,
	`request` blob NOT NULL,
	`at` integer NOT NULL,
	`answer` blob,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `kept_answers_account` ON `kept_answers` (`account`);--> statement-breakpoint
CREATE INDEX `kept_answers_at` ON `kept_answers` (`at`);