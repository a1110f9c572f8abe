CREATE TABLE `pictures` (
	`conversation` blob NOT NULL,
	`picture` blob NOT NULL,
	`sealed` blob NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`conversation`, `picture`),
	FOREIGN KEY (`conversation`) REFERENCES `conversations`(`conversation`) ON UPDATE no action ON DELETE no action
);
