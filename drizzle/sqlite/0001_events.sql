CREATE TABLE `conversation_counters` (
	`id` integer PRIMARY KEY NOT NULL,
	`conversation` blob NOT NULL,
	`recv` integer NOT NULL,
	`current` integer NOT NULL,
	`last_at` integer NOT NULL,
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conversation_counters_conversation_unique` ON `conversation_counters` (`conversation`);--> statement-breakpoint
CREATE TABLE `events` (
	`conv` integer NOT NULL,
	`recv` integer NOT NULL,
	`page` integer NOT NULL,
	`stream` integer NOT NULL,
	`clock` integer NOT NULL,
	`at` integer NOT NULL,
	`event_id` blob NOT NULL,
	`bytes` blob NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_recv` ON `events` (`conv`,`recv`);--> statement-breakpoint
CREATE INDEX `events_place` ON `events` (`page`,`stream`,`clock`,`event_id`);--> statement-breakpoint
CREATE INDEX `events_event` ON `events` (`conv`,`event_id`);--> statement-breakpoint
CREATE TABLE `markers` (
	`conversation` blob NOT NULL,
	`device` blob NOT NULL,
	`kind` text NOT NULL,
	`account` blob NOT NULL,
	`hlc` text NOT NULL,
	`marker` blob NOT NULL,
	PRIMARY KEY(`conversation`, `device`, `kind`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `pages` (
	`id` integer PRIMARY KEY NOT NULL,
	`conv` integer NOT NULL,
	`page` integer NOT NULL,
	`part` integer NOT NULL,
	`posts` integer NOT NULL,
	`post_bytes` integer NOT NULL,
	`bytes` integer NOT NULL,
	`version` integer NOT NULL,
	`opened_at` integer NOT NULL,
	FOREIGN KEY (`conv`) REFERENCES `conversation_counters`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `pages_place` ON `pages` (`conv`,`page`,`part`);--> statement-breakpoint
CREATE TABLE `streams` (
	`id` integer PRIMARY KEY NOT NULL,
	`page` integer NOT NULL,
	`client_id` integer NOT NULL,
	`device` blob NOT NULL,
	`incarnation` integer NOT NULL,
	`next` integer NOT NULL,
	`started_at` integer NOT NULL,
	FOREIGN KEY (`page`) REFERENCES `pages`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `streams_client` ON `streams` (`page`,`client_id`);--> statement-breakpoint
CREATE TABLE `waiting_redactions` (
	`conv` integer NOT NULL,
	`target` blob NOT NULL,
	`by` blob NOT NULL,
	`account` blob NOT NULL,
	`admin` integer NOT NULL,
	PRIMARY KEY(`conv`, `target`, `by`)
);
--> statement-breakpoint
DROP INDEX `refresh_tokens_expiry`;--> statement-breakpoint
CREATE INDEX `refresh_tokens_sid` ON `refresh_tokens` (`sid`);