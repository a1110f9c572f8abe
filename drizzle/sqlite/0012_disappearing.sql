CREATE TABLE `expiries` (
	`conv` integer NOT NULL,
	`recv` integer NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`conv`, `recv`)
);
--> statement-breakpoint
CREATE INDEX `expiries_at` ON `expiries` (`at`);