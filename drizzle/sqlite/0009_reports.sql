CREATE TABLE `report_boxes` (
	`report` blob NOT NULL,
	`account` blob NOT NULL,
	`g` integer NOT NULL,
	`box` blob NOT NULL,
	PRIMARY KEY(`report`, `account`),
	FOREIGN KEY (`report`) REFERENCES `reports`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `reports` (
	`id` blob PRIMARY KEY NOT NULL,
	`conversation` blob NOT NULL,
	`reporter` blob NOT NULL,
	`at` integer NOT NULL,
	`sealed` integer NOT NULL,
	`report` blob NOT NULL,
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`reporter`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `reports_conversation` ON `reports` (`conversation`);