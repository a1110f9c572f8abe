CREATE TABLE "kept_answers" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"account" "bytea" NOT NULL,
	"request" "bytea" NOT NULL,
	"at" bigint NOT NULL,
	"answer" "bytea"
);
--> statement-breakpoint
ALTER TABLE "kept_answers" ADD CONSTRAINT "kept_answers_account_accounts_account_fk" FOREIGN KEY ("account") REFERENCES "public"."accounts"("account") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "kept_answers_account" ON "kept_answers" USING btree ("account");--> statement-breakpoint
CREATE INDEX "kept_answers_at" ON "kept_answers" USING btree ("at");