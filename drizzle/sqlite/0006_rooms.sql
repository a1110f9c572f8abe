CREATE TABLE `box_requests` (
	`conversation` blob NOT NULL,
	`account` blob NOT NULL,
	`epoch` integer NOT NULL,
	PRIMARY KEY(`conversation`, `account`, `epoch`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `knocks` (
	`conversation` blob NOT NULL,
	`account` blob NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`conversation`, `account`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account`) REFERENCES `accounts`(`account`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `link_boxes` (
	`conversation` blob NOT NULL,
	`link` blob NOT NULL,
	`epoch` integer NOT NULL,
	`box` blob NOT NULL,
	PRIMARY KEY(`conversation`, `link`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `link_keys` (
	`conversation` blob NOT NULL,
	`link` blob NOT NULL,
	`key` blob NOT NULL,
	PRIMARY KEY(`conversation`, `link`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `room_listings` (
	`conversation` blob PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`topic` text NOT NULL,
	`link` blob NOT NULL,
	`secret` blob NOT NULL,
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action
);
