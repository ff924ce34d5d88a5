// SPDX-License-Identifier: MIT
/*
 * The commands: each takes the run as main.c prepared it and returns the kind
 * of its failure, after it was told.
 */
#ifndef CLIENT_COMMANDS_H
#define CLIENT_COMMANDS_H

#include "client/app.h"

/* cmd_session.c */
enum err cmd_login(struct app *app) MUST_USE;
enum err cmd_logout(struct app *app) MUST_USE;
enum err cmd_whoami(struct app *app) MUST_USE;
enum err cmd_passwd(struct app *app) MUST_USE;
enum err cmd_profile(struct app *app) MUST_USE;
enum err cmd_version(struct app *app) MUST_USE;

/* cmd_record.c; of every entity */
enum err cmd_add(struct app *app) MUST_USE;
enum err cmd_get(struct app *app) MUST_USE;
enum err cmd_set(struct app *app) MUST_USE;
enum err cmd_confirm(struct app *app) MUST_USE;
enum err cmd_archive(struct app *app) MUST_USE;
enum err cmd_unarchive(struct app *app) MUST_USE;
enum err cmd_approve(struct app *app) MUST_USE; /* cmd_approve.c */
enum err cmd_reject(struct app *app) MUST_USE;
enum err cmd_history(struct app *app) MUST_USE;

/* cmd_dossier.c */
enum err cmd_dossier(struct app *app) MUST_USE;
enum err cmd_timeline(struct app *app) MUST_USE;
enum err cmd_statement(struct app *app) MUST_USE;

enum err cmd_stages(struct app *app) MUST_USE;   /* cmd_stages.c */
enum err cmd_due(struct app *app) MUST_USE;      /* cmd_due.c */
enum err cmd_transfer(struct app *app) MUST_USE; /* cmd_transfer.c */

/* cmd_pool.c */
enum err cmd_claim(struct app *app) MUST_USE;
enum err cmd_release(struct app *app) MUST_USE;

/* cmd_find.c, cmd_edit.c, cmd_import.c, cmd_export.c, cmd_describe.c */
enum err cmd_find(struct app *app) MUST_USE;
enum err cmd_group(struct app *app) MUST_USE;          /* cmd_group.c */
enum err cmd_erase(struct app *app) MUST_USE;          /* cmd_erase.c */
enum err cmd_subject_export(struct app *app) MUST_USE; /* likewise */
enum err cmd_merge(struct app *app) MUST_USE;          /* cmd_merge.c */
enum err cmd_unmerge(struct app *app) MUST_USE;        /* likewise */
enum err cmd_duplicates(struct app *app) MUST_USE;     /* cmd_duplicates.c */
enum err cmd_edit(struct app *app) MUST_USE;
enum err cmd_import(struct app *app) MUST_USE;
enum err cmd_export(struct app *app) MUST_USE;
enum err cmd_describe(struct app *app) MUST_USE;
enum err cmd_template(struct app *app) MUST_USE; /* cmd_template.c */

enum err cmd_undo(struct app *app) MUST_USE; /* cmd_undo.c */

/* cmd_audit.c */
enum err cmd_audit_log(struct app *app) MUST_USE; /* cmd_audit_log.c */
enum err cmd_audit_checkpoint(struct app *app) MUST_USE;
enum err cmd_audit_verify(struct app *app) MUST_USE;
enum err cmd_audit_proof(struct app *app) MUST_USE;
enum err cmd_audit_export(struct app *app) MUST_USE;

/* cmd_plain.c: a row's method and parameters, the answer shown as it is */
enum err cmd_plain(struct app *app) MUST_USE;
enum err cmd_call(struct app *app) MUST_USE;

/* cmd_user.c, cmd_effective.c */
enum err cmd_user_create(struct app *app) MUST_USE;
enum err cmd_user_effective(struct app *app) MUST_USE;

enum err cmd_report(struct app *app) MUST_USE; /* cmd_report.c */

/* cmd_rule.c */
enum err cmd_rule_list(struct app *app) MUST_USE;
enum err cmd_rule_get(struct app *app) MUST_USE;
enum err cmd_rule_simulate(struct app *app) MUST_USE;
enum err cmd_rule_apply(struct app *app) MUST_USE;
enum err cmd_rule_explain(struct app *app) MUST_USE;
enum err cmd_customer_policy(struct app *app) MUST_USE;

/* cmd_token.c, cmd_certificate.c */
enum err cmd_token_create(struct app *app) MUST_USE;
enum err cmd_certificate_request(struct app *app) MUST_USE;
enum err cmd_certificate_add(struct app *app) MUST_USE;
enum err cmd_certificate_remove(struct app *app) MUST_USE;

/* cmd_schema.c */
enum err cmd_schema_get(struct app *app) MUST_USE;
enum err cmd_schema_apply(struct app *app) MUST_USE;

/* cmd_totp.c */
enum err cmd_totp_enroll(struct app *app) MUST_USE;
enum err cmd_totp_confirm(struct app *app) MUST_USE;
enum err cmd_totp_disable(struct app *app) MUST_USE;

/* cmd_role.c */
enum err cmd_role_get(struct app *app) MUST_USE;
enum err cmd_role_apply(struct app *app) MUST_USE;
enum err cmd_role_diff(struct app *app) MUST_USE;

/* cmd_request.c */
enum err cmd_request_approve(struct app *app) MUST_USE;
enum err cmd_policy_apply(struct app *app) MUST_USE;

/* shell.c, complete.c */
enum err cmd_shell(struct app *app) MUST_USE;
enum err cmd_complete(struct app *app) MUST_USE;

#endif
