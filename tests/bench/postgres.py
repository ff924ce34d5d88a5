# SPDX-License-Identifier: MIT
"""The peer: PostgreSQL doing what a careful team would build there.

Customers of 28 columns, four of them sealed by pgcrypto (AES, an IV each) and
one found by an HMAC index; a role with column grants, over TLS with SCRAM;
a trigger that writes old and new values to an audit table; every commit
synced.  Its operations are by pgbench with prepared statements: read a whole
customer, find one by mobile, change remark and mobile.  It leaves out what we
do beyond that: no chained log, no entry for a search, remark not sealed.

PostgreSQL is optional: find() gives None where it is not installed.
"""
import glob
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import tempfile

ACCOUNT = "postgres"  # it refuses to run as root
REMARK = 318
SEALED = ("mobile", "email", "wechat", "credit_limit")
KEY, MAC = "\\x" + "0123456789abcdef" * 4, "\\x" + "fedcba9876543210" * 4
CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = 0
unix_socket_directories = ''
ssl = on
ssl_min_protocol_version = 'TLSv1.3'
max_connections = 100
shared_buffers = 1GB
max_wal_size = 4GB
synchronous_commit = on
fsync = on
full_page_writes = on
"""


def find():
    """The newest server's programs, or None."""
    found = [p for p in glob.glob("/usr/lib/postgresql/*/bin")
             if os.path.exists(os.path.join(p, "initdb")) and
             os.path.exists(os.path.join(p, "pgbench"))]
    return max(found, default=None)


def sealed(text, key):
    return ("(SELECT iv || encrypt_iv(convert_to(%s, 'UTF8'), %s::bytea, iv, "
            "'aes') FROM (SELECT gen_random_bytes(16) iv WHERE %s IS NOT NULL)"
            " x)" % (text, key, text))


def index_key(text, key):
    return "hmac(convert_to(%s, 'UTF8'), %s::bytea, 'sha256')" % (text, key)


def opened(name):
    return ("convert_from(decrypt_iv(substr(%s, 17), :key::bytea, "
            "substr(%s, 1, 16), 'aes'), 'UTF8')" % (name, name))


TEXTS = ["c%d" % i for i in range(21)]


def setup(count):
    columns = (["%s text" % t for t in TEXTS] + ["remark text"] +
               ["%s bytea" % s for s in SEALED] + ["mobile_index bytea"])
    mobile = "'138' || lpad(i::text, 8, '0')"
    values = (["rpad(md5(i::text || '%s'), %d)" % (t, 4 + n % 16)
               for n, t in enumerate(TEXTS)] +
              ["rpad('met ' || i::text, %d, 'amber basalt ')" % REMARK] +
              [sealed(mobile if s == "mobile" else "'%s ' || i::text" % s,
                      "'%s'" % KEY) for s in SEALED] +
              [index_key(mobile, "'%s'" % MAC)])
    shown = ", ".join(TEXTS[1:] + ["remark", "mobile_index"] + list(SEALED))
    both = ("jsonb_build_object('remark', %s.remark, 'mobile', "
            "encode(%s.mobile, 'hex'))")
    return """
CREATE EXTENSION pgcrypto;
CREATE TABLE customer (id bigint PRIMARY KEY, %s);
INSERT INTO customer SELECT i, %s FROM generate_series(1, %d) i;
CREATE INDEX ON customer (mobile_index);
CREATE TABLE audit (seq bigserial PRIMARY KEY, at timestamptz DEFAULT now(),
    who name, record bigint, old jsonb, new jsonb);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public AS $$ BEGIN
INSERT INTO audit (who, record, old, new)
VALUES (session_user, NEW.id, %s, %s); RETURN NULL; END $$;
CREATE TRIGGER note AFTER UPDATE ON customer FOR EACH ROW
EXECUTE FUNCTION note();
GRANT SELECT (id, %s), UPDATE (remark, mobile, mobile_index) ON customer
TO agent;
""" % (", ".join(columns), ", ".join(values), count,
       both % ("OLD", "OLD"), both % ("NEW", "NEW"), shown)


def operations(count):
    """Scripts of pgbench by name."""
    which = "\\set id random(1, %d)\n" % count
    whole = "SELECT id, %s FROM customer WHERE " % ", ".join(
        TEXTS[1:] + ["remark"] + [opened(s) for s in SEALED])
    old = "'138' || lpad((:id)::text, 8, '0')"
    new = "'139' || lpad((:n)::text, 8, '0')"
    return {
        "read": which + whole + "id = :id;\n",
        "search": which + whole + "mobile_index = %s;\n" % index_key(
            old, ":mac"),
        "update": which + "\\set n random(1, 9999999)\n"
                  "UPDATE customer SET remark = rpad('changed ' || "
                  "(:n)::text, %d, 'amber basalt '), mobile = %s, "
                  "mobile_index = %s WHERE id = :id;\n" % (
                      REMARK, sealed(new, ":key"), index_key(new, ":mac")),
    }


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Postgres:
    """One cluster in a directory of its own, and pgbench on it."""

    def __init__(self, programs, near, certificate, key, count):
        self.programs = programs
        self.directory = tempfile.mkdtemp(prefix="kehu-bench-postgres-",
                                          dir=near)
        self.data = os.path.join(self.directory, "data")
        self.password = secrets.token_urlsafe(18)
        self.port = free_port()
        try:
            self.start(certificate, key)
            self.fill(count)
        except BaseException:
            self.close()
            raise

    def path(self, name):
        return os.path.join(self.directory, name)

    def own(self, *arguments):
        """As the account that PostgreSQL runs under."""
        as_other = ["runuser", "-u", ACCOUNT, "--"]
        command = list(arguments)
        if os.geteuid() == 0:
            command = as_other + command
        subprocess.run(command, check=True, cwd="/",
                       stdout=subprocess.DEVNULL)

    def place(self, source, name):
        shutil.copyfile(source, self.path(name))
        os.chmod(self.path(name), 0o600)

    def start(self, certificate, key):
        self.place(certificate, "server.crt")
        self.place(key, "server.key")
        with open(self.path("password"), "w", encoding="ascii") as f:
            f.write(self.password)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(ACCOUNT)
            for name in ("", "server.crt", "server.key", "password"):
                os.chown(self.path(name), owner.pw_uid, owner.pw_gid)
        self.own(self.program("initdb"), "-D", self.data, "-U", "owner",
                 "-A", "scram-sha-256", "--pwfile", self.path("password"),
                 "-E", "UTF8", "--locale=C")
        with open(os.path.join(self.data, "postgresql.conf"), "a",
                  encoding="ascii") as f:
            f.write(CONFIGURATION.replace("port = 0", "port = %d" % self.port))
            f.write("ssl_cert_file = '%s'\nssl_key_file = '%s'\n" % (
                self.path("server.crt"), self.path("server.key")))
        self.own(self.program("pg_ctl"), "-D", self.data, "-l",
                 self.path("log"), "-w", "start")

    def program(self, name):
        return os.path.join(self.programs, name)

    def environment(self, user):
        return dict(os.environ, PGHOST="127.0.0.1", PGPORT=str(self.port),
                    PGUSER=user, PGPASSWORD=self.password,
                    PGDATABASE="postgres", PGSSLMODE="require")

    def sql(self, text):
        subprocess.run([self.program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1"],
                       env=self.environment("owner"), input=text, text=True,
                       check=True, stdout=subprocess.DEVNULL)

    def fill(self, count):
        self.sql("CREATE ROLE agent LOGIN PASSWORD '%s';" % self.password)
        self.sql(setup(count))
        self.sql("VACUUM ANALYZE;")
        self.sql("CHECKPOINT;")
        for name, script in operations(count).items():
            with open(self.path(name), "w", encoding="ascii") as f:
                f.write(script)

    def side(self, name, conns):
        return Pgbench(self, self.path(name), conns)

    def close(self):
        if os.path.exists(os.path.join(self.data, "postmaster.pid")):
            self.own(self.program("pg_ctl"), "-D", self.data, "-m",
                     "immediate", "-w", "stop")
        shutil.rmtree(self.directory, ignore_errors=True)


class Pgbench:
    """A side of turns.alternate; connecting is not counted."""

    def __init__(self, server, script, conns):
        self.server = server
        self.script = script
        self.conns = conns

    def turn(self, seconds):
        done = subprocess.run(
            [self.server.program("pgbench"), "-n", "-M", "prepared",
             "-c", str(self.conns), "-j", "1" if self.conns == 1 else "2",
             "-T", str(max(1, round(seconds))), "-f", self.script,
             "-D", "key=" + KEY, "-D", "mac=" + MAC],
            env=self.server.environment("agent"), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, check=True)
        return {"rate": float(
            re.search(r"tps = ([\d.]+) \(without", done.stdout).group(1))}
