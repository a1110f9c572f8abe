CREATE TABLE `push_subscriptions` (
	`device` blob PRIMARY KEY NOT NULL,
	`account` blob NOT NULL,
	`endpoint` text NOT NULL,
	`key` blob NOT NULL,
	`auth` blob NOT NULL,
	`quiet` blob NOT NULL,
	`at` integer NOT NULL,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `push_subscriptions_account` ON `push_subscriptions` (`account`);