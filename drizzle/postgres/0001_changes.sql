CREATE TABLE "changes" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "changes_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"subject" text COLLATE "C" NOT NULL,
	"id" "bytea"
);
--> statement-breakpoint
CREATE FUNCTION "note_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO changes (subject, id)
		VALUES (TG_ARGV[0], decode(CASE WHEN TG_NARGS > 1 THEN substr(to_jsonb(NEW) ->> TG_ARGV[1], 3) END, 'hex'));
	DELETE FROM changes WHERE seq <= (SELECT max(seq) FROM changes) - 10000;
	RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "note_account" AFTER INSERT ON "account_entries" FOR EACH ROW EXECUTE FUNCTION note_change('account', 'account');--> statement-breakpoint
CREATE TRIGGER "note_conversation" AFTER INSERT ON "conversation_entries" FOR EACH ROW EXECUTE FUNCTION note_change('conversation', 'conversation');--> statement-breakpoint
CREATE TRIGGER "note_device" AFTER INSERT ON "barred_devices" FOR EACH ROW EXECUTE FUNCTION note_change('device', 'device');--> statement-breakpoint
CREATE TRIGGER "note_friends" AFTER INSERT OR UPDATE OR DELETE ON "friendships" FOR EACH STATEMENT EXECUTE FUNCTION note_change('friends');--> statement-breakpoint
CREATE TRIGGER "note_blocks" AFTER INSERT OR UPDATE OR DELETE ON "blocks" FOR EACH STATEMENT EXECUTE FUNCTION note_change('friends');
