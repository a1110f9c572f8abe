CREATE TABLE `admin_acts` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`by` blob,
	`act` text NOT NULL,
	`subject` blob
);
--> statement-breakpoint
CREATE INDEX `admin_acts_at` ON `admin_acts` (`at`);