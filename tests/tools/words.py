#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whether the client's Chinese is whole: words.py CHECK.

    sentences     every sentence that the client says has a translation
    rules         every rule key that the server answers with has words
    unused        the catalogue holds nothing that nobody says
    placeholders  a translation takes the same arguments in the same order
    letters       prompts name the same answer letters in both languages

Prints what is wrong, a line each, and exits with 1 if anything is.
"""
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
LITERALS = r"(?:%s\s*(?:PRI\w+\s*)?)+" % LITERAL
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
PRI = {"PRIu64": "lu", "PRId64": "ld"}

# Arrays whose texts go through tr() when they are used: file, array, and
# which of their literals are sentences.
TABLES = [
    ("help.c", "topics", lambda s: " " in s),
    ("help.c", "first", lambda s: not s.startswith("kehu ")),
    ("query.c", "texts", lambda s: "%s" in s),
    ("tell.c", "steps", lambda s: True),
    ("tell.c", "plain_words", lambda s: True),
    ("finding.c", "templates", lambda s: True),
    ("tell.c", "duties", lambda s: s.endswith(".")),
    ("cmd_edit.c", "conflict_titles", lambda s: True),
    ("cmd_record.c", "history_titles", lambda s: True),
    ("cmd_stages.c", "titles", lambda s: True),
    ("cmd_due.c", "due_titles", lambda s: True),
    ("cmd_due.c", "kinds", lambda s: s[0].isupper()),
    ("cmd_undo.c", "undo_titles", lambda s: True),
    ("cmd_undo.c", "undo_words", lambda s: True),
    ("cmd_audit_log.c", "touches", lambda s: s[0].isupper()),
    ("cmd_undo.c", "deeds", lambda s: s[0].isupper()),
    ("cmd_undo.c", "refusals", lambda s: " " in s),
    ("cmd_record.c", "origin_titles", lambda s: True),
    ("cmd_record.c", "mark_words", lambda s: True),
    ("cmd_describe.c", "titles", lambda s: True),
    ("cmd_whoami.c", "titles", lambda s: s[0].isupper()),
    ("cmd_effective.c", "titles", lambda s: True),
    ("import_report.c", "titles", lambda s: True),
    ("report.c", "titles", lambda s: s[0].isupper()),
    ("report_ask.c", "words", lambda s: s[0].isupper()),
    ("cmd_describe.c", "words", lambda s: True),
    ("cmd_template.c", "forms", lambda s: True),
    ("cmd_rule.c", "list_columns", lambda s: s[0].isupper()),
    ("cmd_rule.c", "explain_columns", lambda s: s[0].isupper()),
    ("cmd_rule.c", "number_columns", lambda s: s[0].isupper()),
    ("cmd_rule.c", "move_columns", lambda s: s[0].isupper()),
    ("cmd_rule.c", "row_columns", lambda s: s[0].isupper()),
    ("cmd_rule.c", "policy_columns", lambda s: s[0].isupper()),
]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def code(path):
    return re.sub(r"/\*.*?\*/", "", read(path), flags=re.S)


def files(*patterns):
    return sorted(os.path.relpath(p, ROOT) for pattern in patterns
                  for p in glob.glob(os.path.join(ROOT, pattern)))


def unescape(text):
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(0)),
                  text)


def joined(literals):
    """Adjacent literals as one text, the PRI macros as what they stand for."""
    out = ""
    for piece in re.findall(r"%s|PRI\w+" % LITERAL, literals):
        out += unescape(piece[1:-1]) if piece[0] == '"' else PRI[piece]
    return out


def catalogue():
    out = {}
    for entry in re.split(r"\n\s*\n", read("client/po/zh_CN.po")):
        fields = {}
        for m in re.finditer(r"^(msgid|msgstr) (%s(?:\n%s)*)"
                             % (LITERAL, LITERAL), entry, re.M):
            fields[m.group(1)] = joined(m.group(2))
        if fields.get("msgid"):
            out[fields["msgid"]] = fields.get("msgstr", "")
    return out


def table_texts(path, name, wanted):
    m = re.search(r"\b%s\[[^=;]*\]\s*=\s*\{(.*?)\};" % name,
                  code("client/" + path), re.S)
    texts = [joined(t) for t in re.findall(LITERALS, m.group(1))]
    return {t for t in texts if t and wanted(t)}


def sentences():
    """What the client says: sentence -> where."""
    out = {}
    for path in files("client/*.c"):
        for m in re.finditer(r"\btr\(\s*[\w>-]+,\s*(%s)\)" % LITERALS,
                             code(path)):
            out[joined(m.group(1))] = path
        # A choice of two sentences inside one tr().
        for m in re.finditer(r"\btr\(([^;]*?)\)\s*[,);]", code(path)):
            if "?" in m.group(1):
                for part in re.findall(r"[?:]\s*(%s)" % LITERALS, m.group(1)):
                    out[joined(part)] = path
    for path, name, wanted in TABLES:
        for text in table_texts(path, name, wanted):
            out[text] = "client/" + path
    for m in re.finditer(r"\tX\(([A-Z_]+, .*)\)", read("client/args.h")):
        out[joined(re.findall(LITERAL, m.group(1))[-1])] = "client/args.h"
    for m in re.finditer(r'^\t\{ (".*) \},$', read("client/main.c"), re.M):
        literals = re.findall(LITERAL, m.group(1))
        if not literals[0].startswith('"_'):
            out[joined(literals[3])] = "client/main.c"
    return out


def rule_texts():
    """(rule key, message, file): a literal key followed by its message."""
    paths = files("server/schema/check*.c", "server/data/*.c",
                  "server/book/*.c", "server/rpc/*.c") + [
        "server/schema/rules.c", "server/schema/machine.c",
        "server/schema/value.c",
        "server/schema/condition.c", "server/access/strength.c"]
    for path in paths:
        text = code(path)
        macros = dict(re.findall(r'^#define\s+(\w+)\s+("[a-z_]+")', text,
                                 re.M))
        for name, value in macros.items():
            text = re.sub(r"(?<=, )%s(?=,)" % name, value, text)
        for m in re.finditer(r'(?=("[a-z_]+")\s*,\s*(%s))' % LITERALS, text):
            message = joined(m.group(2))
            if " " in message and not message.startswith("op entity"):
                yield joined(m.group(1)), message, path
        for m in re.finditer(r'\? ("[a-z_]+") : ("[a-z_]+"),', text):
            if "findings_add(" in text[max(0, m.start() - 120):m.start()]:
                yield joined(m.group(1)), "", path
                yield joined(m.group(2)), "", path
        for m in re.finditer(r'\brule = ("[a-z_]+");', text):
            yield joined(m.group(1)), "", path
    for m in re.finditer(r"- \{ key: (\w+),\s+(?:require|recommend|warn|"
                         r"refuse|forbid)", read("server/schema/default.yaml")):
        yield m.group(1), "", "server/schema/default.yaml"


def check_sentences(words):
    return ["%s: no Chinese for: %s" % (where, text)
            for text, where in sorted(sentences().items())
            if text and not words.get(text)]


def check_rules(words):
    keys = {(rule, path) for rule, _, path in rule_texts()}
    if len(keys) < 60:
        return ["only %d rules were found: the search is broken" % len(keys)]
    return ["%s: no Chinese for rule.%s" % (path, rule)
            for rule, path in sorted(keys)
            if not words.get("rule." + rule)]


def check_unused(words):
    known = set(sentences())
    for rule, message, _ in rule_texts():
        known |= {"rule." + rule, message}
    for text in re.findall(r'X\(\w+, "\w+", \d+, ("[^"]*")\)',
                           read("common/err.h")):
        known.add(joined(text))
    known |= set(re.findall(r'return "(an? [a-z ]+ number)"',
                            code("server/schema/check_word.c")))
    # Names of an answer's parts, said as column titles.
    known |= set(re.findall(r'"([a-z_]+)"', "".join(
        code(p) for p in files("server/*.c", "server/rpc/*.c", "server/data/*.c",
                               "server/book/*.c", "server/access/*.c",
                               "server/schema/*.c"))))
    # Those that the client makes itself.
    known |= set(re.findall(r'\bpack_\w+\(&?\w+, "([a-z_]+)"', "".join(
        code(p) for p in files("client/*.c"))))
    # Of a noun's own, and what the server says in sentences.
    nouns = set(re.findall(r'^\t\{ "([a-z]+)"', read("client/main.c"), re.M))
    known |= {noun + "." + key for noun in nouns for key in known}
    known |= set(map(joined, re.findall(
        LITERALS, code("server/rpc/on_server.c"))))
    return ["nobody says: %s" % text for text in sorted(words)
            if text not in known]


def check_placeholders(words):
    form = re.compile(r"%(?:%|[-+ #0]*[\d*]*(?:\.[\d*]+)?[hlzjt]*[a-zA-Z])")
    return ["other arguments: %s" % text for text in sorted(words)
            if form.findall(text) != form.findall(words[text])]


def check_letters(words):
    letter = re.compile(r"(?:^|[\s\[])([a-z?<!-])(?= )")
    prompts = [t for t in words if t.endswith("> ")]
    if len(prompts) < 5:
        return ["only %d prompts were found" % len(prompts)]
    return ["other letters: %s" % text for text in prompts
            if letter.findall(text) != letter.findall(words[text])]


def main():
    name = "check_" + (sys.argv[1] if len(sys.argv) == 2 else "")
    if name not in globals():
        sys.exit(__doc__)
    wrong = globals()[name](catalogue())
    for line in wrong:
        print(line.replace("\n", "\\n")[:200])
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
