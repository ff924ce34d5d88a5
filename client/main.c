// SPDX-License-Identifier: MIT
/*
 * kehu, the client: takes the command line to its command.
 *
 * The table below is the command language; help and completion are printed
 * from it.  A noun that is not in it is one of the schema's entities (or sent
 * as such: the server judges and records what nobody may see).
 */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/call.h"
#include "client/commands.h"
#include "client/login.h"
#include "client/progress.h"
#include "common/secret.h"

/* clang-format off */
#define F(symbol) FLAG_BIT(symbol)
#define WRITE (F(SOURCE) | F(REASON) | F(REQUEST_ID) | F(DRY_RUN) | \
	       F(OVERRIDE) | F(CONFIRM))
#define ROWS  (F(FIELDS) | F(ORDER) | F(LIMIT) | F(ALL) | F(AFTER) | \
	       F(SCOPE) | F(COUNT) | F(WHERE) | F(RECORD) | F(ARCHIVED) | F(PENDING))

static const struct command commands[] = {
	{ "login", "", "[--server HOST[:PORT]] [--user NAME]", "open a session and keep its token", "login --server book.example --user wang.min", F(KEEP), cmd_login, NULL, NULL, false },
	{ "logout", "", "", "end the session, forget the token; with --all every session of mine", "logout", F(ALL), cmd_logout, NULL, NULL, false },
	{ "whoami", "", "", "who I am, where, with which rights", "whoami", 0, cmd_whoami, NULL, NULL, true },
	{ "passwd", "", "", "change my password", "passwd", F(NEW_PASSWORD_FILE), cmd_passwd, NULL, NULL, false },
	{ "totp", "enroll", "", "switch a second factor on: a QR code for the authenticator", "totp enroll", 0, cmd_totp_enroll, NULL, NULL, false },
	{ "totp", "confirm", "", "prove with a first code that the authenticator has it", "totp confirm", 0, cmd_totp_confirm, NULL, NULL, false },
	{ "totp", "disable", "", "switch the second factor off, with a code", "totp disable", 0, cmd_totp_disable, NULL, NULL, false },
	{ "version", "", "", "the version of this program", "version", 0, cmd_version, NULL, NULL, false },
	{ "profile", "show", "", "server and user of the present profile", "profile show --profile branch", 0, cmd_profile, NULL, NULL, false },

	{ "", "add", "[field=value ...]", "make a record; asks when nothing is given", "customer add name=上海坦森行 type=company category=regular --source phone", WRITE | F(FILE), cmd_add, NULL, NULL, false },
	{ "", "get", "NUMBER ...", "show records", "customer get KHSH01202600108", F(FIELDS) | F(FIELD) | F(AT) | F(META), cmd_get, NULL, NULL, true },
	{ "", "find", "[WORD | CONDITION]", "search", "customer find 'grade = A and city in (上海, 苏州)'", ROWS, cmd_find, NULL, NULL, true },
	{ "", "group", "[CONDITION]", "how many of each kind, and what they add up to", "order group --by status --sum freight", F(BY) | F(SUM) | F(WHERE) | F(SCOPE) | F(ARCHIVED) | F(PENDING), cmd_group, NULL, NULL, true },
	{ "", "set", "NUMBER field=value ...", "change fields; `field=` empties one", "customer set KHSH01202600108 city=上海 --reason 搬迁", WRITE | F(VERSION), cmd_set, NULL, NULL, false },
	{ "", "edit", "NUMBER", "change fields in an editor", "customer edit KHSH01202600108", WRITE, cmd_edit, NULL, NULL, false },
	{ "", "history", "NUMBER", "who changed what, when, from where", "customer history KHSH01202600108 --field mobile", F(FIELD) | F(LIMIT) | F(AFTER), cmd_history, NULL, NULL, true },
	{ "", "stages", "NUMBER", "since when it is in which stage, and by whom", "opportunity stages SJSH01202600007", 0, cmd_stages, NULL, NULL, true },
	{ "", "confirm", "NUMBER [FIELD ...]", "say that values still hold", "customer confirm KHSH202600108 mobile --reason 电话核实", F(REASON) | F(SOURCE) | F(REQUEST_ID) | F(VERSION), cmd_confirm, NULL, NULL, false },
	{ "", "archive", "NUMBER", "put a record away", "customer archive KHSH01202600108 --reason 停业", F(REASON) | F(SOURCE) | F(REQUEST_ID), cmd_archive, NULL, NULL, false },
	{ "", "unarchive", "NUMBER", "bring a record back", "customer unarchive KHSH01202600108 --reason 恢复往来", F(REASON) | F(SOURCE) | F(REQUEST_ID), cmd_unarchive, NULL, NULL, false },
	{ "", "pending", "[CONDITION]", "what waits for approval", "customer pending", ROWS & ~F(PENDING), cmd_find, NULL, NULL, true },
	{ "", "approve", "NUMBER", "let a record in that waits for approval", "customer approve KHSH01202600108", F(REASON) | F(SOURCE) | F(REQUEST_ID) | F(VERSION), cmd_approve, NULL, "id", false },
	{ "", "reject", "NUMBER", "refuse a record that waits for approval", "customer reject KHSH01202600108 --reason 资料不全", F(REASON) | F(SOURCE) | F(REQUEST_ID) | F(VERSION), cmd_reject, NULL, "id", false },
	{ "", "import", "FILE.csv", "take over a table, checked before it is written", "customer import 客户台账.csv --map 单位名称=name,手机=mobile --dry-run", F(MAP) | F(MAP_FILE) | F(DRY_RUN) | F(ERRORS) | F(IGNORE_UNMAPPED) | F(PARTIAL) | F(UPDATE) | F(ENCODING) | F(SOURCE) | F(REASON) | F(OVERRIDE), cmd_import, NULL, NULL, false },
	{ "", "export", "[CONDITION]", "all rows into a file", "customer export city=上海 -o shanghai.csv", F(OUT) | F(ENCODING) | F(WHERE) | F(SCOPE) | F(ORDER) | F(ARCHIVED) | F(PENDING) | F(CLEAR) | F(REASON) | F(REQUEST), cmd_export, NULL, NULL, false },
	{ "", "template", "[--out FILE]", "an empty form: CSV for import, .yaml for add --file", "customer template --with contact -o 客户模板.csv", F(OUT) | F(ENCODING) | F(WITH), cmd_template, NULL, NULL, false },
	{ "", "describe", "[FIELD ...]", "the fields, what they take, and what I may do", "customer describe", 0, cmd_describe, NULL, NULL, true },

	{ "", "dossier", "NUMBER", "a customer on one page", "customer dossier KHSH01202600108", F(LIMIT), cmd_dossier, "customer.dossier", NULL, true },
	{ "", "show", "NUMBER", "the same as dossier", "customer show KHSH01202600108", F(LIMIT), cmd_dossier, "customer.dossier", NULL, true },
	{ "", "timeline", "NUMBER", "what happened, newest first", "customer timeline KHSH01202600108 --limit 50", F(LIMIT) | F(AFTER), cmd_timeline, "customer.timeline", NULL, true },
	{ "", "policy", "NUMBER", "what his class gets him", "customer policy KHSH01202600108", 0, cmd_customer_policy, "customer.policy", NULL, true },
	{ "", "credit", "NUMBER", "what the customer may owe, owes and is late with", "customer credit KHSH01202600108", 0, cmd_plain, "customer.credit", "id!", true },
	{ "", "statement", "NUMBER", "his account, with a running balance", "customer statement KHSH01202600108 --from 2026-01 --to 2026-03", F(FROM) | F(TO), cmd_statement, "customer.statement", NULL, true },
	{ "", "ageing", "NUMBER", "what is open, and for how long", "customer ageing KHSH01202600108 --at 2026-03-31", F(AT), cmd_plain, "customer.ageing", "id!", true },
	{ "", "duplicates", "[NUMBER]", "records that may be the same one, with a score and reasons", "customer duplicates --least 80", F(LEAST), cmd_duplicates, "customer.duplicates", NULL, true },
	{ "", "merge", "SURVIVOR LOSER [field=loser ...]", "make one record of two; asks whose value stays", "customer merge KHSH01202600108 KHSH01202600231 --reason 重复录入", WRITE & ~F(CONFIRM), cmd_merge, "customer.merge", NULL, false },
	{ "", "unmerge", "LOSER", "take a merging back: two records again", "customer unmerge KHSH01202600231 --reason 误并", WRITE & ~F(CONFIRM), cmd_unmerge, "customer.unmerge", NULL, false },
	{ "", "erase", "NUMBER", "erase the person: nothing is left but the number", "customer erase KHSH01202600108 --reason 本人要求删除", F(REASON) | F(DRY_RUN), cmd_erase, "customer.erase", NULL, false },
	{ "", "subject-export", "NUMBER", "all that the book has of one customer, for himself", "customer subject-export KHSH01202600108 --reason 本人要求 --out data.json", F(REASON) | F(REQUEST) | F(OUT), cmd_subject_export, "customer.export", NULL, false },

	{ "", "pool", "[CONDITION]", "customers without an owner, for who wants to claim them", "customer pool city=上海", ROWS & ~F(SCOPE), cmd_find, "customer.pool", NULL, true },
	{ "", "claim", "NUMBER ...", "take customers out of the pool: they are mine", "customer claim KHSH01202600108", F(SOURCE) | F(REASON) | F(REQUEST_ID) | F(DRY_RUN), cmd_claim, "customer.claim", NULL, false },
	{ "", "release", "NUMBER ...", "give customers back into the pool", "customer release KHSH01202600108 --reason 无需求", F(SOURCE) | F(REASON) | F(REQUEST_ID) | F(DRY_RUN), cmd_release, "customer.release", NULL, false },
	{ "", "transfer", "FROM TO [CONDITION]", "what is one person's becomes another's", "customer transfer wang.min zhang.wei --reason 离职", F(WHERE) | F(REASON) | F(SOURCE) | F(DRY_RUN), cmd_transfer, "customer.transfer", NULL, false },

	{ "due", "", "[USER]", "what waits for me: reviews, follow-ups, feedback", "due --days 14", F(DAYS) | F(LIMIT), cmd_due, NULL, NULL, true },
	{ "undo", "", "[POSITION | REQUEST-ID]", "my last changes; take one back, whole", "undo 4711 --reason 录错", F(REASON) | F(REDO) | F(DRY_RUN) | F(OVERRIDE) | F(SOURCE) | F(REQUEST_ID), cmd_undo, NULL, "position", false },
	{ "audit", "log", "[user=NAME] [method=METHOD] [entity=KEY id=NUMBER]", "entries of the audit log", "audit log user=wang.min --limit 20", F(FROM) | F(LIMIT), cmd_audit_log, NULL, NULL, true },
	{ "audit", "verify", "[FILE.proof]", "check the whole log, or a proof without any server", "audit verify", F(FROM) | F(TO) | F(CHECKPOINT), cmd_audit_verify, NULL, NULL, false },
	{ "audit", "proof", "INDEX", "prove that an entry is in the log", "audit proof 880412 -o 880412.proof", F(OUT), cmd_audit_proof, NULL, NULL, false },
	{ "audit", "checkpoint", "", "the log's signed head", "audit checkpoint -o today.note", F(OUT), cmd_audit_checkpoint, NULL, NULL, false },
	{ "audit", "export", "", "the exact leaves, for other tools", "audit export -o log.leaves", F(OUT), cmd_audit_export, NULL, NULL, false },

	{ "report", "", "[REPORT [PARAMETER=VALUE ...]]", "figures over all that I may know of; alone: which there are", "report sales --by branch --from 2026-01 --to 2026-06", F(BY) | F(FROM) | F(TO) | F(SCOPE) | F(LIMIT) | F(HTML) | F(OUT), cmd_report, NULL, "name", true },

	{ "user", "create", "NAME", "make an account", "user create wang.min --role clerk --branch SH01", F(QR) | F(ROLE) | F(BRANCH) | F(MUST_CHANGE) | F(NEW_PASSWORD_FILE) | F(REASON), cmd_user_create, NULL, NULL, false },
	{ "user", "update", "NAME", "change roles or branch", "user update wang.min --role clerk,support --reason 兼岗", F(NEW_CODE) | F(RESET_TOTP) | F(ROLE) | F(BRANCH) | F(MUST_CHANGE) | F(REASON), cmd_plain, "user.update", "user!", false },
	{ "user", "disable", "NAME", "close an account", "user disable wang.min --reason 离职", F(REASON), cmd_plain, "user.disable", "?user!", false },
	{ "user", "list", "", "the accounts", "user list", 0, cmd_plain, "user.list", "", true },
	{ "user", "split-admin", "NAME", "hand the machine's half of my roles to a new account", "user split-admin ops", F(REASON), cmd_plain, "user.split", "?user!", false },
	{ "user", "statistics", "[NAME]", "what each entered, what was refused, what others corrected", "user statistics --from 2026-11-01", F(FROM) | F(TO), cmd_plain, "user.statistics", "user", true },
	{ "user", "effective", "[NAME [ENTITY [FIELD]]]", "what an account may do with each field, and why", "user effective wang.min customer mobile", 0, cmd_user_effective, NULL, NULL, true },
	{ "role", "list", "", "the roles", "role list", 0, cmd_plain, "role.list", "", true },
	{ "role", "get", "ROLE", "a role as a file to edit", "role get sales > sales.yaml", 0, cmd_role_get, NULL, NULL, true },
	{ "role", "diff", "FILE.yaml", "what a changed role would give and take", "role diff sales.yaml", 0, cmd_role_diff, NULL, NULL, true },
	{ "role", "apply", "FILE.yaml", "put roles in the place of what they were", "role apply sales.yaml --reason 分工调整", F(REASON) | F(DRY_RUN), cmd_role_apply, NULL, NULL, false },
	{ "role", "remove", "ROLE", "take a role away that nobody has", "role remove trainee --reason 不再使用", F(REASON), cmd_plain, "role.remove", "?role!", false },
	{ "rule", "list", "", "the rules of business that I may know of", "rule list", 0, cmd_rule_list, NULL, NULL, true },
	{ "rule", "get", "[VERSION]", "all of them as a file to edit", "rule get > rules.yaml", 0, cmd_rule_get, NULL, NULL, true },
	{ "rule", "simulate", "[FILE.yaml]", "who would move, before it is applied", "rule simulate rules.yaml", F(SCOPE) | F(LIMIT), cmd_rule_simulate, NULL, NULL, true },
	{ "rule", "apply", "FILE.yaml", "put these rules in the place of what they were", "rule apply rules.yaml --reason 年度调整", F(REASON) | F(DRY_RUN) | F(DECLASSIFY), cmd_rule_apply, NULL, NULL, false },
	{ "rule", "remove", "RULE", "take one rule away", "rule remove fading --reason 不再使用", F(REASON), cmd_plain, "rule.apply", "?remove!", false },
	{ "rule", "explain", "CUSTOMER", "which rule and which numbers made him what he is", "rule explain KHSH01202600108", 0, cmd_rule_explain, NULL, NULL, true },
	{ "rule", "run", "", "apply them to the whole book now", "rule run --reason 月末", F(REASON), cmd_plain, "rule.run", "?", false },
	{ "dictionary", "list", "ENTITY FIELD", "the values that an enumeration takes", "dictionary list customer category", 0, cmd_plain, "dictionary.list", "entity! field!", true },
	{ "dictionary", "set", "ENTITY FIELD VALUE CHINESE ENGLISH", "add a value, or give it other labels", "dictionary set customer category partner 伙伴 Partner --reason 新类别", F(REASON), cmd_plain, "dictionary.set", "entity! field! value! zh! en!", false },
	{ "dictionary", "remove", "ENTITY FIELD VALUE OTHER", "take a value away; the other one takes its place in every record", "dictionary remove customer category partner regular --reason 不用", F(REASON), cmd_plain, "dictionary.remove", "?entity! field! value! to!", false },
	{ "tag", "rename", "ENTITY OLD NEW", "another name for a tag, in all records of mine that have it", "tag rename customer 重点 重点客户 --reason 统一", F(REASON) | F(SCOPE), cmd_plain, "tag.rename", "entity! from! to!", false },
	{ "policy", "show", "", "for what two persons are wanted", "policy show", 0, cmd_plain, "policy.get", "", true },
	{ "policy", "apply", "[OPERATION,...]", "want two persons for these operations, and no others", "policy apply roles,users,export_clear --reason 制度", F(REASON), cmd_policy_apply, NULL, NULL, false },
	{ "credit", "release", "NUMBER --reason TEXT", "ask that a customer's orders pass for some days; another approves", "credit release KHSH01202600108 --until 2026-12-05 --amount 5000 --reason 已承诺付款", F(UNTIL) | F(AMOUNT) | F(REASON), cmd_plain, "credit.release", "?id!", false },
	{ "request", "list", "", "what waits for a second person", "request list --all", F(ALL), cmd_plain, "request.list", "", true },
	{ "request", "show", "REQUEST", "what is asked for, by whom and why", "request show 9f3177c2a04be865", 0, cmd_plain, "request.get", "request!", true },
	{ "request", "approve", "REQUEST", "be the second person", "request approve 9f3177c2a04be865", 0, cmd_request_approve, NULL, NULL, false },
	{ "request", "reject", "REQUEST", "say no, or take my own back", "request reject 9f3177c2a04be865 --reason 依据不足", F(REASON), cmd_plain, "request.reject", "?request!", false },
	{ "access", "break-glass", "ROLE --minutes N --reason TEXT", "ask for a role for a short time; everybody is told", "access break-glass manager --minutes 30 --reason 系统故障", F(MINUTES) | F(UNTIL) | F(REASON), cmd_plain, "access.break_glass", "?role!", false },
	{ "access", "end", "REQUEST", "end a break-glass before its time", "access end 9f3177c2a04be865", F(REASON), cmd_plain, "access.end", "?request!", false },
	{ "token", "create", "NAME [USER]", "a token for a machine, told once", "token create ERP --role clerk --until 2027-06-30 --network 10.1.0.0/16 -o erp.token --reason 接口", F(ROLE) | F(UNTIL) | F(NETWORK) | F(REASON) | F(OUT), cmd_token_create, NULL, NULL, false },
	{ "token", "list", "[USER]", "tokens and kept logins", "token list wang.min", F(ALL), cmd_plain, "token.list", "user", true },
	{ "token", "revoke", "ID", "end a token and its sessions", "token revoke 5f2c9a7e01b34d68 --reason 换机", F(REASON), cmd_plain, "token.revoke", "?id!", false },
	{ "certificate", "request", "NAME", "make a key and ask for a certificate", "certificate request office", 0, cmd_certificate_request, NULL, NULL, false },
	{ "certificate", "add", "USER FILE|DIGEST", "an account (with --branch: its people) comes by this certificate", "certificate add wang.min office.crt", F(BRANCH) | F(REASON), cmd_certificate_add, NULL, NULL, false },
	{ "certificate", "remove", "USER FILE|DIGEST", "unbind a certificate", "certificate remove wang.min office.crt", F(BRANCH) | F(REASON), cmd_certificate_remove, NULL, NULL, false },
	{ "certificate", "list", "", "which certificates are bound", "certificate list", 0, cmd_plain, "certificate.list", "", true },
	{ "schema", "get", "", "the schema as a file to edit", "schema get > schema.yaml", 0, cmd_schema_get, NULL, NULL, true },
	{ "schema", "apply", "FILE.yaml", "put another schema in its place", "schema apply schema.yaml --dry-run", F(REASON) | F(DRY_RUN), cmd_schema_apply, NULL, NULL, false },
	{ "schema", "show", "", "the schema as I may see it", "schema show", 0, cmd_plain, "schema.get", "", true },
	{ "server", "status", "", "how the server is", "server status", 0, cmd_plain, "server.status", "", true },
	{ "call", "", "METHOD [JSON|@FILE|-]", "any method of the protocol", "call record.get '{\"entity\":\"customer\",\"id\":\"KH1\"}'", 0, cmd_call, NULL, NULL, false },
	{ "shell", "", "", "the same commands over one connection", "shell", 0, cmd_shell, NULL, NULL, false },
	{ "__complete", "", "WORD ...", "what may stand for the last word", "__complete customer fi", 0, cmd_complete, NULL, NULL, false },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, false },
};
/* clang-format on */

static void stop(int number)
{
	_exit(128 + number);
}

int main(int argc, char **argv)
{
	struct app app = { .commands = commands, .connect = login_connect };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, stop);
	progress_heed_signal();
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	secret_harden_process();
	arena_init(&app.arena, 1 << 16, KEEP_CAP);
	enum err e = app_run(&app, argc - 1, argv + 1);
	enum err flushed = screen_finish(&app.screen);
	if (e == ERR_OK)
		e = flushed;
	call_disconnect(&app);
	arena_release(&app.arena);
	return err_exit(app.is_stopped ? ERR_INTERRUPTED : e);
}
