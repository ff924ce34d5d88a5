# Kehu: one non-recursive makefile.  `make` builds build/kehud and build/kehu,
# `make demo` shows the main job, `make check` runs every test.  Packages that
# are missing are installed by name (as root; otherwise the command is shown).
#
#   SAN=1         address and undefined-behaviour sanitizers, in build-san/
#   SAN=thread    thread sanitizer, in build-tsan/
#   WERROR=1      warnings are errors (CI)
#   BUILD=DIR     another build directory
#   V=1           show the commands
# CC, CFLAGS, LDFLAGS, DESTDIR and PREFIX are the user's and never changed.

SAN      ?=
BUILD    ?= build$(if $(SAN),$(if $(filter thread,$(SAN)),-tsan,-san))
PREFIX   ?= /usr/local
CFLAGS   ?= -O2 -g
JOBS     ?= $(shell nproc)
ROOMS    ?= common server/net server/crypto server/store server/schema \
            server/access server/audit server/data server/book server/rpc server/selftest

PACKAGES := gcc libc6-dev pkg-config libssl-dev libevent-dev libmsgpack-dev \
            liblmdb-dev libsodium-dev libutf8proc-dev libyaml-dev \
            libjansson-dev libedit-dev libcsv-dev libqrencode-dev libxlsxwriter-dev \
            libidn2-dev gettext scdoc ca-certificates unicode-data \
            zlib1g-dev python3
TEST_PACKAGES := libcmocka-dev bats python3 python3-msgpack python3-lmdb \
            openssl jq expect strace procps universal-ctags zsh fish

# Libraries by room: a library's header is seen in that room alone.
MSGPACK  := $(shell pkg-config --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
LIBS_COMMON := $(MSGPACK) libcrypto libsodium libutf8proc
LIBS_SERVER := libssl libcrypto libevent_core lmdb yaml-0.1 libidn2
LIBS_CLIENT := libssl libcrypto libedit jansson yaml-0.1 libqrencode xlsxwriter
pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)
PKG_CFLAGS := $(call pkg,--cflags,$(LIBS_COMMON) $(LIBS_SERVER) $(LIBS_CLIENT))
SERVER_LIBS := $(call pkg,--libs,$(LIBS_SERVER) $(LIBS_COMMON))
CLIENT_LIBS := $(call pkg,--libs,$(LIBS_CLIENT) $(LIBS_COMMON)) -lcsv
TEST_LIBS   := $(call pkg,--libs,cmocka)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wformat=2 \
            -Wimplicit-fallthrough -Wconversion
ALL_CFLAGS = -std=gnu11 -I. -I$(BUILD) -D_GNU_SOURCE -pthread -fPIE \
            -fstack-protector-strong $(WARNINGS) $(if $(WERROR),-Werror) \
            $(if $(SAN),$(SAN_FLAGS),-D_FORTIFY_SOURCE=2) \
            $(PKG_CFLAGS) \
            $(CFLAGS)
SAN_FLAGS = $(if $(filter thread,$(SAN)),-fsanitize=thread,-fsanitize=address,undefined -fno-sanitize-recover=undefined) -fno-omit-frame-pointer
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -pthread $(if $(SAN),$(SAN_FLAGS)) $(LDFLAGS)

# One short line a step, unless V=1.
run   = $(if $(V),,@printf '  %-4s %s\n' $(1) $(patsubst $(BUILD)/%,%,$@) && )

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
archive = $(BUILD)/$(1)/room.a
ARCHIVES = $(foreach r,$(ROOMS),$(call archive,$(r)))
# Rooms link upwards: the highest first.
reverse = $(if $(1),$(call reverse,$(wordlist 2,99,$(1))) $(firstword $(1)))
LINK_ARCHIVES = $(call reverse,$(ARCHIVES))

.PHONY: all deps deps-test demo check check-fast unit e2e lint layers fuzz bench soak \
        install clean format man
.PRECIOUS: $(BUILD)/%.o
.DELETE_ON_ERROR:

all: deps
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/kehud $(BUILD)/kehu

deps:
	@tests/tools/packages $(PACKAGES)
deps-test: deps
	@tests/tools/packages $(TEST_PACKAGES)

$(BUILD)/kehud: $(call objects,server) $(ARCHIVES)
	$(call run,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LINK_ARCHIVES) \
	    $(SERVER_LIBS)

$(BUILD)/kehu: $(call objects,client) $(call archive,common)
	$(call run,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(call archive,common) \
	    $(CLIENT_LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call run,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define room
$(call archive,$(1)): $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call run,AR)$$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# Files embedded with .incbin; the compiler's dependency list cannot see them.
$(BUILD)/server/schema/default.o: server/schema/default.yaml
# The pinyin initials, from Unihan's readings (package unicode-data).
PYTHON3  ?= $(firstword $(wildcard /usr/bin/python3) python3)
PINYIN   := $(BUILD)/server/schema/pinyin_table.inc
$(PINYIN): server/schema/pinyin.py
	@mkdir -p $(@D)
	$(call run,GEN)$(PYTHON3) $< $@
$(BUILD)/server/schema/pinyin.o: $(PINYIN)
# The simplified forms of Han characters, from Unihan's variants.
HAN      := $(BUILD)/common/han_table.inc
$(HAN): common/han.py
	@mkdir -p $(@D)
	$(call run,GEN)$(PYTHON3) $< $@
$(BUILD)/common/han.o: $(HAN)
CATALOGUES := $(patsubst client/po/%.po,$(BUILD)/client/po/%.mo,$(wildcard client/po/*.po))
$(BUILD)/client/po/%.mo: client/po/%.po
	@mkdir -p $(@D)
	$(call run,MO)msgfmt --check -o $@ $<
$(BUILD)/client/catalogue.o: $(CATALOGUES)

# --- tests -----------------------------------------------------------------
# Programs say 'N passed, N failed' or speak TAP; tests/tools/check adds up.
export KEHU_BUILD := $(abspath $(BUILD))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_MAIN ?= $(BUILD)/tests/fuzz/replay.o
E2E := $(sort $(wildcard tests/e2e/*.bats tests/e2e/*.py))
INTEROP := $(wildcard tests/interop/test_*.py)
PROPERTY := $(wildcard tests/property/*.py)
CHECK = tests/tools/check --log $(BUILD)/test-logs
claim = '$(notdir $(basename $(1)))=timeout 900 $(if $(filter %.bats,$(1)),bats --tap,$(PYTHON3)) $(1)'
claims = $(foreach file,$(1),$(call claim,$(file)))

# Pairs of requests for each role in each mode.
selftest = "selftest_rights=timeout 3600 $(BUILD)/kehud selftest rights --pairs $(1) && echo '1 passed, 0 failed'"

CHECK_UNIT := 'unit=tests/tools/run-unit $(UNIT)' \
    "layers=tests/layers && echo '1 passed, 0 failed'" 'cited=tests/cited' \
    'requirements=tests/requirements' 'leaks=tests/leaks/check'
CHECK_SLOW := $(if $(FUZZ),'fuzz-corpus=tests/tools/replay $(FUZZ)') \
    'kill_loop=timeout 600 $(PYTHON3) tests/crash/kill_loop.py --cycles 8' \
    'power_cut=timeout 600 $(PYTHON3) tests/crash/power_cut.py --cycles 8' \
    'kill_rules=timeout 600 $(PYTHON3) tests/crash/kill_rules.py' \
    'erasure=timeout 600 $(PYTHON3) tests/crash/erasure.py' \
    'full_disk=timeout 600 $(PYTHON3) tests/crash/full_disk.py' \
    'faults=timeout 600 $(PYTHON3) tests/crash/faults.py' \
    'hostile=timeout 600 $(PYTHON3) tests/crash/hostile.py' \
    'storm=timeout 600 $(PYTHON3) tests/crash/storm.py' \
    'liar=timeout 600 $(PYTHON3) tests/crash/liar.py' \
    $(call selftest,100 --seed 1) \
    'company=$(PYTHON3) tests/company/generate.py --check'

# The client's modules, all but its main, for tests named test_client_*.
$(BUILD)/client/room.a: $(filter-out %/main.o,$(call objects,client))
	@rm -f $@
	$(call run,AR)$(AR) rcs $@ $^
$(BUILD)/tests/unit/test_client_%: $(BUILD)/tests/unit/test_client_%.o \
    $(BUILD)/client/room.a $(call archive,common)
	$(call run,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $< $(BUILD)/client/room.a $(call archive,common) \
	    $(CLIENT_LIBS) $(TEST_LIBS)

# Faults are put in between by the linker.
$(BUILD)/tests/unit/test_selftest: ALL_LDFLAGS += $(foreach f,view_grant \
    view_grant_range view_field view_range store_refuse,-Wl,--wrap=$(f))
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(ARCHIVES)
	$(call run,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $< -Wl,--start-group $(LINK_ARCHIVES) -Wl,--end-group \
	    $(SERVER_LIBS) $(TEST_LIBS)

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_MAIN) $(ARCHIVES)
	$(call run,LINK)$(CC) $(ALL_LDFLAGS) $(FUZZ_LINK) -o $@ $(filter %.o,$^) \
	    -Wl,--start-group $(LINK_ARCHIVES) -Wl,--end-group \
	    $(SERVER_LIBS) $(TEST_LIBS)

unit: $(UNIT)
	@tests/tools/run-unit $(UNIT)

layers:
	@tests/layers

demo: all
	@tests/demo/demo.sh

check: deps-test
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/kehud $(BUILD)/kehu $(UNIT) $(FUZZ)
	@$(CHECK) $(CHECK_UNIT) $(call claims,$(E2E) $(INTEROP) $(PROPERTY)) $(CHECK_SLOW)

check-fast: deps-test
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/kehud $(BUILD)/kehu $(UNIT)
	@$(CHECK) $(CHECK_UNIT) $(call claims,$(E2E) $(INTEROP))

e2e: deps-test
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/kehud $(BUILD)/kehu
	@$(CHECK) $(call claims,$(E2E))

SOAK_CYCLES ?= 200
SOAK_PAIRS  ?= 10000
SOAK_CASES  ?= 1000000
soak: deps-test
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/kehud $(BUILD)/kehu
	@$(CHECK) 'kill_loop=$(PYTHON3) tests/crash/kill_loop.py --cycles $(SOAK_CYCLES)' \
	    'power_cut=$(PYTHON3) tests/crash/power_cut.py --cycles $(SOAK_CYCLES)' \
    'kill_rules=$(PYTHON3) tests/crash/kill_rules.py --cycles $(SOAK_CYCLES)' \
	    'rights=$(PYTHON3) tests/property/rights.py --cases $(SOAK_CASES)' \
	    $(call selftest,$(SOAK_PAIRS)) \
	    'full_disk=$(PYTHON3) tests/crash/full_disk.py' \
	    'faults=KEHU_LONG=1 $(PYTHON3) tests/crash/faults.py' \
	    'hostile=KEHU_LONG=1 $(PYTHON3) tests/crash/hostile.py' \
	    'storm=$(PYTHON3) tests/crash/storm.py --seconds 600' \
	    'liar=KEHU_LONG=1 $(PYTHON3) tests/crash/liar.py'

# BENCH=smoke takes half a minute, quick two, full below eight, growth (10,000
# against 1,000,000 customers) below fifteen, million longer (KEHU_BENCH_BOOK=DIR
# keeps its book).  BENCH_PEER=1 adds PostgreSQL.
BENCH    ?= full
BENCHES  := load echo bench_store
LOAD     := load wire customer turn
bench: deps-test
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/kehud $(BUILD)/kehu $(BENCHES:%=$(BUILD)/tests/bench/%)
	@$(PYTHON3) tests/bench/run $(BENCH)
$(BUILD)/tests/bench/load: $(LOAD:%=$(BUILD)/tests/bench/%.o) $(call archive,common)
	$(call run,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call pkg,--libs,libssl libcrypto $(LIBS_COMMON))
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/tests/bench/turn.o $(ARCHIVES)
	$(call run,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(LINK_ARCHIVES) -Wl,--end-group \
	    $(SERVER_LIBS)

# libFuzzer on each target in turn; new inputs go to build-fuzz/corpus.
FUZZ_SECONDS ?= 20
FUZZ_SAN     := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
FUZZ_CC      ?= $(firstword $(notdir $(wildcard /usr/bin/clang-14 /usr/bin/clang)) clang)
fuzz:
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=build-fuzz CC=$(FUZZ_CC) SAN=1 FUZZ_MAIN= \
	    FUZZ_LINK=-fsanitize=fuzzer SAN_FLAGS='$(FUZZ_SAN)' \
	    $(FUZZ:$(BUILD)/%=build-fuzz/%)
	@tests/tools/fuzz $(FUZZ_SECONDS) $(FUZZ:$(BUILD)/%=build-fuzz/%)

# Man pages from scdoc's source: docs/man/kehu.1.scd, docs/man/zh_CN/kehu.1.scd.
MAN := $(patsubst docs/man/%.scd,$(BUILD)/man/%,$(wildcard docs/man/*.scd docs/man/*/*.scd))
$(BUILD)/man/%: docs/man/%.scd
	@mkdir -p $(@D)
	scdoc <$< >$@

man: $(MAN)

SHARE = $(DESTDIR)$(PREFIX)/share
man_folder = $(SHARE)/man/$(patsubst ./%,%,$(dir $(1:$(BUILD)/man/%=%)))man$(subst .,,$(suffix $(1)))
install: all man
	install -D -m 755 $(BUILD)/kehud $(DESTDIR)$(PREFIX)/sbin/kehud
	install -D -m 755 $(BUILD)/kehu $(DESTDIR)$(PREFIX)/bin/kehu
	$(foreach page,$(MAN),install -D -m 644 -t $(call man_folder,$(page)) $(page) &&) :
	install -D -m 644 client/completion/kehu.bash \
	    $(SHARE)/bash-completion/completions/kehu
	install -D -m 644 -t $(SHARE)/zsh/site-functions client/completion/_kehu
	install -D -m 644 -t $(SHARE)/fish/vendor_completions.d \
	    client/completion/kehu.fish

clean:
	rm -rf build build-san build-tsan build-fuzz

format:
	clang-format -i $$(git ls-files '*.c' '*.h')
