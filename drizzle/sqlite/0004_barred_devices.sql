CREATE TABLE `barred_devices` (
	`device` blob PRIMARY KEY NOT NULL,
	`barred_at` integer NOT NULL
);
