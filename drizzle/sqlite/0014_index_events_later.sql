CREATE TABLE `__new_events` (
	`id` integer PRIMARY KEY NOT NULL,
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
INSERT INTO `__new_events`(`id`, `conv`, `recv`, `page`, `stream`, `clock`, `at`, `event_id`, `bytes`) SELECT `rowid`, `conv`, `recv`, `page`, `stream`, `clock`, `at`, `event_id`, `bytes` FROM `events` ORDER BY `rowid`;--> statement-breakpoint
DROP TABLE `events`;--> statement-breakpoint
ALTER TABLE `__new_events` RENAME TO `events`;--> statement-breakpoint
CREATE TABLE `events_by_recv` (
	`conv` integer NOT NULL,
	`recv` integer NOT NULL,
	`event` integer NOT NULL,
	PRIMARY KEY(`conv`, `recv`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `events_by_place` (
	`page` integer NOT NULL,
	`stream` integer NOT NULL,
	`clock` integer NOT NULL,
	`event_id` blob NOT NULL,
	`event` integer NOT NULL,
	PRIMARY KEY(`page`, `stream`, `clock`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `events_by_event` (
	`conv` integer NOT NULL,
	`event_id` blob NOT NULL,
	`event` integer NOT NULL,
	PRIMARY KEY(`conv`, `event_id`, `event`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `event_indexes` (
	`by_recv` integer NOT NULL,
	`by_place` integer NOT NULL,
	`by_event` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `events_by_recv` SELECT `conv`, `recv`, `id` FROM `events` ORDER BY `conv`, `recv`;--> statement-breakpoint
INSERT INTO `events_by_place` SELECT `page`, `stream`, `clock`, `event_id`, `id` FROM `events` ORDER BY `page`, `stream`, `clock`;--> statement-breakpoint
INSERT INTO `events_by_event` SELECT `conv`, `event_id`, `id` FROM `events` ORDER BY `conv`, `event_id`;--> statement-breakpoint
INSERT INTO `event_indexes` SELECT coalesce(max(`id`), 0), coalesce(max(`id`), 0), coalesce(max(`id`), 0) FROM `events`;
