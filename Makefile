# ocrdyn. `make` builds one static binary with musl (Debian: musl-tools,
# libbearssl-dev); `make CC=cc` a dynamic one with the system's libc, for
# development; `make BEARSSL=DIR` takes a BearSSL source tree built there.

VERSION = 0.1.0
ifeq ($(origin CC),default)
CC = musl-gcc
endif
HOSTCC = cc
CFLAGS = -Os
PREFIX = /usr/local
MANDIR = $(PREFIX)/share/man
CA_BUNDLE = /etc/ssl/certs/ca-certificates.crt

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wvla -Wstrict-prototypes
# Debian's headers come after the libc's own: musl-gcc has no /usr/include, nor
# the folder of libbearssl.a
BEARSSL_INC = -idirafter /usr/include
BEARSSL_LIB = -lbearssl
ifneq ($(filter %musl-gcc,$(CC)),)
STATIC = -static -s
BEARSSL_LIB = $(shell $(HOSTCC) -print-file-name=libbearssl.a)
endif
ifdef BEARSSL
BEARSSL_INC = -isystem $(BEARSSL)/inc
BEARSSL_LIB = $(BEARSSL)/build/libbearssl.a
endif

COMPILE = $(CC) -std=c11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -ffunction-sections \
	-fdata-sections -fno-asynchronous-unwind-tables \
	-DOCRDYN_VERSION='"$(VERSION)"' $(BEARSSL_INC)
LINK = $(CC) $(CFLAGS) -Wl,--gc-sections $(STATIC) $(LDFLAGS)

SOURCES = account.c answer.c aws.c buf.c checkpoint.c clock.c cloudinary.c \
	dynamodb.c extract.c fortify.c http.c ids.c json.c net.c ocrdyn.c \
	outcome.c pace.c picks.c records.c report.c rows.c run.c sigv4.c tls.c
# where the unit tests are built
UNITS = build
OBJECTS = $(SOURCES:%.c=build/%.o) build/anchors.o
HEADERS = $(wildcard *.h)

all: ocrdyn

ocrdyn: $(OBJECTS)
	$(LINK) -o $@ $(OBJECTS) $(BEARSSL_LIB)

build/%.o: %.c $(HEADERS) Makefile | build
	$(COMPILE) -c -o $@ $<

# where the time goes
build/json.o build/picks.o: CFLAGS = -O2

build/anchors.o: build/anchors.c tls.h
	$(COMPILE) -I. -c -o $@ $<

# the trust anchors of this machine's bundle, as a table
build/anchors.c: build/mkanchors $(CA_BUNDLE)
	build/mkanchors $(CA_BUNDLE) > $@.tmp
	mv $@.tmp $@

MKANCHORS = mkanchors.c buf.c clock.c net.c tls.c
build/mkanchors: $(MKANCHORS) $(HEADERS) | build
	$(HOSTCC) -std=c11 -D_GNU_SOURCE -O1 $(BEARSSL_INC) -o $@ $(MKANCHORS) \
		$(BEARSSL_LIB)

build $(filter-out build,$(UNITS)):
	mkdir -p $@

install: ocrdyn
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(MANDIR)/man1
	install -m 755 ocrdyn $(DESTDIR)$(PREFIX)/bin/ocrdyn
	install -m 644 ocrdyn.1 $(DESTDIR)$(MANDIR)/man1/ocrdyn.1

# ---- tests (all of it explained in README.md)

# Unit tests and the drivers of the differential tests: with the system's libc
# and sanitizers, each linked with the files that it is about. Another UNITS,
# with another TESTCC, has them all once more (see tests/variants.sh).
SANITIZE = address,undefined
TESTFLAGS = -std=c11 -D_GNU_SOURCE $(WARN) -g -O1
TESTCC = cc $(TESTFLAGS) -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
TESTLIB = -lbearssl
TESTS = $(addprefix $(UNITS)/test_,checkpoint clock http json pace records \
	rows sigv4)
DRIVERS = $(addsuffix _filter,$(addprefix $(UNITS)/,json rows sigv4))

$(UNITS)/test_checkpoint: checkpoint.c
$(UNITS)/test_clock: clock.c
$(UNITS)/test_http: http.c net.c tls.c clock.c buf.c
$(UNITS)/test_json $(UNITS)/json_filter: json.c picks.c
$(UNITS)/test_pace: pace.c
$(UNITS)/test_records $(UNITS)/rows_filter: records.c rows.c json.c picks.c \
	buf.c
$(UNITS)/test_rows: rows.c json.c picks.c
$(UNITS)/test_sigv4 $(UNITS)/sigv4_filter: sigv4.c buf.c
# it looks for keys left on the stack, which AddressSanitizer moves
build/test_sigv4: SANITIZE = undefined

$(TESTS) $(DRIVERS): $(UNITS)/%: tests/%.c tests/test.h $(HEADERS) | $(UNITS)
	$(TESTCC) -o $@ $(filter %.c,$^) $(TESTLIB)

units: $(TESTS) $(DRIVERS)

# The whole program for other eyes: OCRDYN=build/ocrdyn-sanitized makes the
# integration tests run it.
PROGRAM = $(SOURCES) build/anchors.c -DOCRDYN_VERSION='"$(VERSION)"' -I. -lbearssl
build/ocrdyn-sanitized: $(SOURCES) build/anchors.c $(HEADERS)
	$(TESTCC) -o $@ $(PROGRAM)
# for valgrind
build/ocrdyn-plain: $(SOURCES) build/anchors.c $(HEADERS)
	cc -std=c11 -D_GNU_SOURCE -g -O1 -o $@ $(PROGRAM)

demo:
	tests/setup.sh demo
	$(MAKE) --no-print-directory all
	/usr/bin/python3 tests/demo.py

check:
	tests/setup.sh check
	$(MAKE) --no-print-directory all units
	tests/check.sh

clean:
	rm -rf build ocrdyn

# longer than the few seconds of it in check: each target for FUZZ seconds
FUZZ = 60
fuzz:
	tests/setup.sh check
	tests/fuzz.sh $(FUZZ)

# what check does in part: see tests/variants.sh
check-sanitize: all
	tests/setup.sh check
	tests/variants.sh memory
	BUILD=build/memory /usr/bin/python3 -m pytest -q -p no:cacheprovider \
		tests/test_json_peers.py tests/test_rows_peers.py \
		tests/test_sigv4_peers.py
	tests/variants.sh unsigned
	tests/variants.sh sanitized
check-valgrind: all
	tests/setup.sh check
	tests/variants.sh valgrind
	tests/variants.sh memchecked tests/test_credentials.py \
		tests/test_tls.py tests/test_run.py
check-cross-units:
	tests/setup.sh check
	tests/variants.sh arm-signed
	tests/variants.sh arm-unsigned
	tests/variants.sh s390x-signed
	tests/variants.sh s390x-unsigned

# lines and branches that unit and integration tests reach, for each file
coverage:
	tests/setup.sh check
	tests/coverage.sh

# memory, connections and pace over 200,000 images
soak: all
	/usr/bin/python3 tests/soak.py

# json.c against yajl (Debian: libyajl-dev)
bench: | build
	cc -std=c11 -D_GNU_SOURCE -O2 -o build/bench_json tests/bench_json.c \
		json.c picks.c -lyajl
	build/bench_json

# where json.c's time goes: its instructions, by function. What is inlined
# shows as its own here, and costs a call more than it does.
profile: | build
	cc -std=c11 -D_GNU_SOURCE -O2 -g -fno-inline -o build/profile_json \
		tests/bench_json.c json.c picks.c -lyajl
	valgrind -q --tool=callgrind --callgrind-out-file=build/profile.out \
		--toggle-collect=json_feed build/profile_json profile
	callgrind_annotate --auto=no --threshold=99 build/profile.out

.PHONY: all install demo units check check-sanitize check-valgrind \
	check-cross-units coverage fuzz soak bench profile clean
