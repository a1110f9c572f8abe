CREATE TABLE "admin_acts" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"by" "bytea",
	"act" text COLLATE "C" NOT NULL,
	"subject" "bytea"
);
--> statement-breakpoint
CREATE INDEX "admin_acts_at" ON "admin_acts" USING btree ("at");