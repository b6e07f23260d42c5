"""Which chains of certificates x509.c accepts. The driver x509_filter gives it
the cases of C2SP's x509-limbo (../shared/data; skipped if they are absent) and
cases that openssl makes here; and what the build tool mkanchors makes of a
bundle."""

import datetime
import json
import os
import ssl
import subprocess
import time
from dataclasses import dataclass

import pytest

from conftest import ROOT

from peers.ca import CA, Openssl
from test_run import ONCE, cases

FILTER = ROOT / os.environ.get("BUILD", "build/units") / "x509_filter"
LIMBO = ROOT.parent / "shared/data/x509-limbo/limbo.json"

pytestmark = pytest.mark.skipif(not FILTER.exists(),
                                reason=f"there is no {FILTER}")


@dataclass
class Case:
    host: str
    chain: list                       # PEM texts; the server's is the first
    trusted: list
    now: float | None = None
    depth: int = -1

    def __str__(self):
        now = int(time.time() if self.now is None else self.now // 1)
        return "".join([f"case {self.host} {now} {self.depth}\n",
                        *(f"trust {hexadecimal(pem)}\n"
                          for pem in self.trusted),
                        *(f"chain {hexadecimal(pem)}\n"
                          for pem in self.chain), "end\n"])


def hexadecimal(pem):
    return ssl.PEM_cert_to_DER_cert(pem).hex()


def verdicts(*given):
    done = subprocess.run([FILTER], input="".join(map(str, given)), text=True,
                          capture_output=True, check=True, timeout=300)
    lines = done.stdout.splitlines()
    assert len(lines) == len(given)
    return lines


# x509-limbo. The cases that are not decided as expected, and why.

ACCEPTED = {
    "crl::revoked-certificate-with-crl":
        "revocation is not checked: BearSSL cannot",
    "crl::issuer-missing-crlsign": "revocation is not checked",
    "rfc5280::aki::leaf-missing-aki":
        "harmless, since signatures decide; private certificates often lack "
        "it",
    "rfc5280::aki::cross-signed-root-missing-aki":
        "harmless, and cve::cve-2024-0567 expects the same shape to pass",
    "rfc5280::nc::permitted-dns-match-noncritical":
        "the constraint is applied nevertheless; webpki:: expects it to pass",
    "rfc5280::root-non-critical-basic-constraints":
        "some roots of Mozilla's list and older private ones are like that",
    "webpki::aki::root-with-aki-all-fields":
        "some roots of Mozilla's list are like that",
    "webpki::cn::not-in-san":
        "the common name is not compared; many private certificates, and six "
        "that limbo expects to pass, are like that",
    "webpki::eku::ee-without-eku":
        "rfc5280::eku::ee-without-eku expects it to pass; private "
        "certificates often lack it",
    "webpki::eku::root-has-eku":
        "the extension is respected; private roots have it",
    "webpki::san::public-suffix-private-namespace-wildcard-san":
        "*.s3.amazonaws.com belongs to a real server; the public suffix list "
        "is as large as the program",
}
REFUSED = {
    "pathlen::validation-ignores-pathlen-in-leaf":
        "the leaf is a CA certificate",
    "rfc5280::ca-as-leaf": "webpki::ca-as-leaf expects it to be refused",
}


@pytest.fixture(scope="module")
def limbo():
    if not LIMBO.exists():
        pytest.skip("no ../shared/data/x509-limbo")
    return [case for case in json.loads(LIMBO.read_text())["testcases"]
            if case["validation_kind"] == "SERVER"]


def limbo_case(case):
    when = case["validation_time"]
    peer = case["expected_peer_name"]
    return Case(peer["value"] if peer else "none.invalid",
                [case["peer_certificate"], *case["untrusted_intermediates"]],
                case["trusted_certs"],
                datetime.datetime.fromisoformat(when).timestamp() if when
                else None,
                -1 if case["max_chain_depth"] is None
                else case["max_chain_depth"])


def test_limbo(limbo, capsys):
    """A case that expects no name tests everything but the name."""
    found = verdicts(*map(limbo_case, limbo))
    assert "torn" not in found
    accepted = {
        case["id"]: verdict == "accepted" or
        (not case["expected_peer_name"] and verdict.startswith("name: "))
        for case, verdict in zip(limbo, found)}
    other = {case["id"]: accepted[case["id"]] for case in limbo
             if accepted[case["id"]] != (case["expected_result"] == "SUCCESS")}
    with capsys.disabled():
        print(f"\nx509-limbo: {len(limbo) - len(other)} of {len(limbo)} "
              "server cases as expected")
    assert other == {**dict.fromkeys(ACCEPTED, True),
                     **dict.fromkeys(REFUSED, False)}


# Cases made here: a root, a CA below it, a server.

LEAF = Openssl.EXTENSIONS
SAN = "subjectAltName="
KEY_IDS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"


class Maker:
    def __init__(self, folder, ca):
        self.openssl = Openssl(folder, ca)
        self.root = ca.certificate.read_text()
        self._n = 0

    def make(self, extensions=LEAF, by=None, **options):
        self._n += 1
        return self.openssl.make(f"x{self._n}", options.pop("key", "ec:P-256"),
                                 by=by, extensions=extensions, **options)

    def case(self, server, *others, host="localhost", **options):
        return Case(host, [path.read_text() for path, _ in (server, *others)],
                    options.pop("trusted", [self.root]), **options)


@pytest.fixture(scope="module")
def maker(tmp_path_factory, ca):
    return Maker(tmp_path_factory.mktemp("x509"), ca)


@pytest.fixture(scope="module")
def many_names(maker):
    return maker.make("subjectAltName=@names\n[names]\n" + "".join(
        f"{kind}.{i} = {name}\n" for i, (kind, name) in enumerate([
            ("DNS", "example.com"), ("DNS", "*.wild.example"),
            ("DNS", "*.com"), ("DNS", "*.co.uk"), ("DNS", "*"),
            ("DNS", "*.net.example"), ("DNS", "f*.part.example"),
            ("DNS", "a.*.example.org"), ("DNS", "127.0.0.2"),
            ("DNS", "under_score.example"), ("IP", "127.0.0.1"),
            ("IP", "::1"), ("URI", "https://uri.example/"),
            ("email", "a@mail.example")])))


@pytest.mark.parametrize("host", [
    "example.com", "EXAMPLE.com", "a.wild.example", "A.Wild.Example",
    "xn--a.wild.example", "a.net.example", "127.0.0.1", "::1",
    "0:0:0:0:0:0:0:1"])
def test_a_host_in_the_certificate_is_accepted(maker, many_names, host):
    assert verdicts(maker.case(many_names, host=host)) == ["accepted"]


@pytest.mark.parametrize("host", [
    "www.example.com", "xample.com", "example.comm", "wild.example",
    ".wild.example", "a.b.wild.example", "*.wild.example", "a_b.wild.example",
    "foo.com", "com", "foo.co.uk", "co.uk", "foo.part.example",
    "a.b.example.org", "under_score.example", "127.0.0.2", "127.1",
    "2130706433", "0x7f000001", "127.0.0.3", "::2", "::ffff:127.0.0.1",
    "uri.example", "mail.example", "localhost", "x"])
def test_another_host_is_refused(maker, many_names, host):
    verdict, = verdicts(maker.case(many_names, host=host))
    assert verdict == f"name: the certificate is not valid for the host {host}"


# name: (extensions, options of Maker.make, part of the refusal or "")
SERVERS = {
    "usual": (LEAF + "extendedKeyUsage=serverAuth\n"
                        "keyUsage=critical,digitalSignature\n", {}, ""),
    "for clients": (LEAF + "extendedKeyUsage=clientAuth\n", {},
                   "not for servers"),
    "for any purpose": (LEAF + "extendedKeyUsage=serverAuth,"
                     "anyExtendedKeyUsage\n", {}, "not for servers"),
    "whose key only encrypts": (LEAF + "keyUsage=keyEncipherment\n", {},
                                "must not sign"),
    "without alternative names": ("basicConstraints=critical,CA:false\n",
                                  {"subject": "/CN=localhost"},
                                  "no subjectAltName"),
    "version 1": ("", {}, "not an X.509 version 3"),
    "of a CA": (SAN + "DNS:localhost\n" + Openssl.AUTHORITY, {},
                       "is a CA certificate"),
    "with name constraints": (
        LEAF + "nameConstraints=critical,permitted;DNS:localhost\n", {},
        "not a CA certificate"),
    "with an unknown critical extension": (
        LEAF + "1.2.3.4=critical,ASN1:NULL\n", {}, "critical extension"),
    "with an unknown extension": (LEAF + "1.2.3.4=ASN1:NULL\n", {}, ""),
    "with policy constraints": (
        LEAF + "policyConstraints=critical,requireExplicitPolicy:3\n", {},
        "policy constraints"),
    "SHA-1": (LEAF, {"digest": "sha1"}, "signed with SHA-1"),
    "SHA-512": (LEAF, {"digest": "sha512"}, ""),
    "RSA 1024": (LEAF, {"key": "rsa:1024"}, "less than 2048 bits"),
    "RSA 2056": (LEAF, {"key": "rsa:2056"}, ""),
    "RSA 2052": (LEAF, {"key": "rsa:2052"}, "an unsupported size"),
    "P-224": (LEAF, {"key": "ec:P-224"}, "a key of an unsupported type"),
    "an address as its common name": (LEAF, {"subject": "/CN=10.0.0.1"},
                                      "a host as its common name"),
}


@cases("extensions, more, says", SERVERS)
def test_a_servers_certificate(maker, extensions, more, says):
    verdict, = verdicts(maker.case(maker.make(extensions, **more)))
    assert verdict == "accepted" if not says else (
        verdict.startswith("refused: ") and says in verdict)


# name: (bytes of a certificate, their replacement, part of the refusal)
CHANGED = {
    "the same extension twice": (
        b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04",
        "has the same extension twice"),
    "an alternative name that is no GeneralName": (
        b"\x82\x09localhost", b"\x42\x09localhost",
        "has a malformed extension"),
    "an even RSA exponent": (
        b"\x02\x03\x01\x00\x01", b"\x02\x03\x01\x00\x02", "exponent"),
}


@cases("old, new, says", CHANGED)
def test_a_certificate_that_openssl_does_not_make(maker, old, new, says):
    """The faults of a certificate itself are reported before its signature,
    which does not match here."""
    pem, key = maker.make(LEAF + "1.2.3.4=ASN1:NULL\n1.2.3.5=ASN1:NULL\n",
                          key="rsa:2048")
    der = ssl.PEM_cert_to_DER_cert(pem.read_text())
    assert der.count(old) == 1
    pem.write_text(ssl.DER_cert_to_PEM_cert(der.replace(old, new)))
    verdict, = verdicts(maker.case((pem, key)))
    assert says in verdict


@cases("exponent, says", {"31 bits": (0x7fffffed, "accepted"),
                          "33 bits": ((1 << 32) + 1, "exponent")})
def test_a_large_rsa_exponent(maker, tmp_path, exponent, says):
    key = tmp_path / "key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                    "rsa_keygen_bits:2048", "-pkeyopt",
                    f"rsa_keygen_pubexp:{exponent}", "-out", key], check=True,
                   capture_output=True)
    root = maker.make(Openssl.AUTHORITY, "self", private=key)
    server = maker.make(LEAF, root, private=key)
    verdict, = verdicts(maker.case(server, trusted=[root[0].read_text()]))
    assert says in verdict


BELOW = "basicConstraints=critical,CA:true{}\nkeyUsage=keyCertSign\n" + KEY_IDS
CONSTRAINED = BELOW.format("") + "nameConstraints=critical,"
NOT_ALLOWED = "name constraints of an intermediate certificate do not allow"

# name: (extensions of the CA, names of the server, part of the refusal or "").
# The host is the first name.
AUTHORITIES = {
    "usual": (BELOW.format(",pathlen:0"), "DNS:localhost", ""),
    "not a CA": ("basicConstraints=critical,CA:false\n" + KEY_IDS,
                         "DNS:localhost", "is not a CA certificate"),
    "no basicConstraints": (KEY_IDS, "DNS:localhost",
                            "is not a CA certificate"),
    "whose key must not sign certificates": (
        "basicConstraints=critical,CA:true\nkeyUsage=cRLSign\n" + KEY_IDS,
        "DNS:localhost", "must not sign certificates"),
    "for clients": (BELOW.format("") + "extendedKeyUsage=clientAuth\n",
                   "DNS:localhost", "must not issue certificates for servers"),
    "for servers": (BELOW.format("") + "extendedKeyUsage=clientAuth,"
                   "serverAuth\n", "DNS:localhost", ""),
    "for any purpose": (BELOW.format("") + "extendedKeyUsage="
                    "anyExtendedKeyUsage\n", "DNS:localhost", ""),
    "permits the name": (CONSTRAINED + "permitted;DNS:a.example\n",
                         "DNS:x.a.example", ""),
    "permits another": (CONSTRAINED + "permitted;DNS:a.example\n",
                        "DNS:xa.example", NOT_ALLOWED),
    "permits one of two names": (CONSTRAINED + "permitted;DNS:a.example\n",
                                 "DNS:a.example,DNS:b.example", NOT_ALLOWED),
    "permits less than the wildcard": (
        CONSTRAINED + "permitted;DNS:x.a.example\n",
        "DNS:x.a.example,DNS:*.a.example", NOT_ALLOWED),
    "excludes a name that the wildcard covers": (
        CONSTRAINED + "excluded;DNS:x.a.example\n",
        "DNS:y.a.example,DNS:*.a.example", NOT_ALLOWED),
    "excludes a name that the wildcard does not cover": (
        CONSTRAINED + "excluded;DNS:z.x.a.example\n",
        "DNS:y.a.example,DNS:*.a.example", ""),
    "excludes the name in another case": (
        CONSTRAINED + "excluded;DNS:A.Example\n", "DNS:x.a.example",
        NOT_ALLOWED),
    "excludes a name, and one of the server's is not a DNS name": (
        CONSTRAINED + "excluded;DNS:z.example\n",
        "DNS:a.example,DNS:under_score.example", NOT_ALLOWED),
    "excludes another network": (
        CONSTRAINED + "excluded;IP:11.0.0.0/255.0.0.0\n", "IP:10.1.2.3", ""),
    "permits the network": (
        CONSTRAINED + "permitted;IP:10.0.0.0/255.0.0.0\n", "IP:10.1.2.3", ""),
    "permits another network": (
        CONSTRAINED + "permitted;IP:10.0.0.0/255.0.0.0\n", "IP:11.1.2.3",
        NOT_ALLOWED),
    "permits IPv4 only": (
        CONSTRAINED + "permitted;IP:10.0.0.0/255.0.0.0\n", "IP:fd00::1",
        NOT_ALLOWED),
    "excludes all addresses": (
        CONSTRAINED + "excluded;IP:0.0.0.0/0.0.0.0\n",
        "DNS:a.example,IP:10.1.2.3", NOT_ALLOWED),
    "excludes addresses of another kind": (
        CONSTRAINED + "excluded;IP:0.0.0.0/0.0.0.0\n", "DNS:a.example", ""),
    "a network mask with holes": (
        CONSTRAINED + "permitted;IP:10.0.0.0/255.0.255.0\n", "IP:10.1.0.3",
        "invalid name constraints"),
    "a constraint on a form that no name has": (
        CONSTRAINED + "excluded;URI:.example\n", "DNS:a.example", ""),
    "a constraint on a form that is not supported": (
        CONSTRAINED + "permitted;URI:a.example\n",
        "DNS:a.example,URI:https://a.example/", NOT_ALLOWED),
    "a constraint that is not critical": (
        BELOW.format("") + "nameConstraints=permitted;DNS:a.example\n",
        "DNS:b.example", NOT_ALLOWED),
}


@cases("extensions, names, says", AUTHORITIES)
def test_a_ca_below_the_root(maker, extensions, names, says):
    middle = maker.make(extensions)
    server = maker.make(f"basicConstraints=CA:false\n{SAN}{names}\n", middle)
    host = names.split(",")[0].split(":", 1)[1]
    verdict, = verdicts(maker.case(server, middle, host=host))
    assert verdict == "accepted" if not says else (
        verdict.startswith("refused: ") and says in verdict)


def test_an_email_address_in_the_subject_counts_for_constraints(maker):
    middles = [maker.make(BELOW.format("") + f"nameConstraints={constraint}\n")
               for constraint in ("excluded;email:a.example",
                                  "permitted;DNS:localhost")]
    cases = [maker.case(maker.make(LEAF, middle, subject="/emailAddress=a@b"),
                        middle) for middle in middles]
    found = verdicts(*cases)
    assert NOT_ALLOWED in found[0] and found[1] == "accepted"


@pytest.fixture(scope="module")
def ladder(maker):
    """The certificates of a server and of the three CAs above it."""
    steps = [maker.make(BELOW.format(""))]
    for _ in range(2):
        steps.insert(0, maker.make(BELOW.format(""), steps[0]))
    return [maker.make(LEAF, steps[0]), *steps]


@cases("order", {
    "in order": [0, 1, 2, 3], "reversed": [0, 3, 2, 1],
    "mixed": [0, 2, 1, 3], "each twice": [0, 1, 1, 2, 2, 3, 3],
    "itself again": [0, 0, 1, 2, 3]})
def test_a_chain_in_any_order_is_accepted(maker, ladder, order):
    assert verdicts(maker.case(*(ladder[i] for i in order))) == ["accepted"]


@cases("order, says", {
    "one is missing": ([0, 1, 3], "does not lead to a trusted root"),
    "the server's is not the first": ([1, 0, 2, 3], "is a CA certificate"),
    "none": ([], "sent no certificate"),
    "17": ([0, 1, 2, 3] + 13 * [1], "more than 16 certificates")})
def test_incomplete_chains_are_refused(maker, ladder, order, says):
    case = Case("localhost", [ladder[i][0].read_text() for i in order],
                [maker.root])
    assert says in verdicts(case)[0]


def test_certificates_that_are_not_needed_do_no_harm(maker, ladder):
    junk = Case("localhost", [], [])
    other = maker.make("", digest="sha1", key="rsa:1024")
    junk.chain = [ladder[0][0].read_text(), other[0].read_text(),
                  ssl.DER_cert_to_PEM_cert(b"no certificate at all"),
                  *(path.read_text() for path, _ in ladder[1:]), maker.root]
    junk.trusted = [other[0].read_text(), maker.root]
    assert verdicts(junk) == ["accepted"]


def test_more_than_64_kb_are_refused(maker, ladder):
    case = maker.case(*ladder)
    case.chain.append(ssl.DER_cert_to_PEM_cert(bytes(65536)))
    assert "more than 64 KB" in verdicts(case)[0]


def test_a_certificate_with_1000_names(maker):
    names = [f"host-{i}.long.names.example" for i in range(1000)]
    server = maker.make("subjectAltName=" + ",".join(
        f"DNS:{name}" for name in names) + "\n")
    assert verdicts(*(maker.case(server, host=host) for host in (
        names[0], names[-1]))) == 2 * ["accepted"]


def test_comparisons_of_names_with_constraints_are_limited(maker):
    """1,000 names and 400 constraints make 400,000 comparisons."""
    middle = maker.make(BELOW.format("") + "nameConstraints=critical,@tree\n"
                        "[tree]\n" + "".join(
                            f"excluded;DNS.{i} = x{i}.example\n"
                            for i in range(400)))
    server = maker.make("subjectAltName=" + ",".join(
        f"DNS:a{i}.test" for i in range(1000)) + "\n", middle)
    assert NOT_ALLOWED in verdicts(maker.case(server, middle,
                                              host="a1.test"))[0]


def test_65_extensions_are_too_many(maker):
    server = maker.make(LEAF + "".join(f"1.2.3.{i}=ASN1:NULL\n"
                                       for i in range(63)))
    assert "has too many extensions" in verdicts(maker.case(server))[0]


def test_the_number_of_paths_is_limited(maker):
    """Fourteen CAs with the same name and key: each could be the issuer of
    each, and none is an anchor."""
    loop = {"subject": "/CN=loop", "extensions": BELOW.format("")}
    first = maker.make(by="self", **loop)
    others = [maker.make(by=first, private=first[1], **loop)
              for _ in range(13)]
    server = maker.make(LEAF, first)
    assert "could form too many chains" in verdicts(
        maker.case(server, first, *others))[0]


def test_a_root_with_more_than_4_kb_of_constraints_is_not_used(maker):
    many, few = (maker.make(
        Openssl.AUTHORITY + "nameConstraints=critical,@tree\n[tree]\n" +
        "".join(f"excluded;DNS.{i} = x{i}.example\n" for i in range(n)),
        "self") for n in (400, 4))
    found = verdicts(*(maker.case(maker.make(LEAF, root),
                                  trusted=[root[0].read_text()])
                       for root in (many, few)))
    assert "does not lead to a trusted root" in found[0]
    assert found[1] == "accepted"


def test_all_roots_of_the_same_name_are_tried(maker):
    roots = [maker.make(Openssl.AUTHORITY, "self", subject="/CN=twin")
             for _ in range(3)]
    trusted = [path.read_text() for path, _ in roots]
    assert verdicts(*(maker.case(maker.make(LEAF, root), trusted=trusted)
                      for root in roots)) == 3 * ["accepted"]


def test_a_server_certificate_that_is_itself_an_anchor_is_accepted(maker):
    server = maker.make(by="self")
    case = maker.case(server, trusted=[server[0].read_text()])
    other = maker.case(maker.make(by="self"), trusted=case.trusted)
    assert verdicts(case, other)[0] == "accepted"
    assert "does not lead" in verdicts(case, other)[1]


@cases("change", {"the signature": -3, "what is signed": 40})
def test_a_changed_certificate_is_refused(maker, ladder, change):
    case = maker.case(*ladder)
    der = bytearray(ssl.PEM_cert_to_DER_cert(case.chain[0]))
    der[change] ^= 1
    case.chain[0] = ssl.DER_cert_to_PEM_cert(bytes(der))
    assert verdicts(case)[0].startswith("refused: ")


def test_a_damaged_server_certificate_is_reported_as_the_servers(maker):
    case = maker.case(maker.make())
    case.chain[0] = ssl.DER_cert_to_PEM_cert(b"no certificate at all")
    assert verdicts(case) == ["refused: the server's certificate is damaged"]


# Time.

DAY = 86400


@cases("now, says", {
    "1970": (0, "the system clock says 1970-01-01; certificates are not valid "
             "yet: set the clock"),
    "the clock of a camera": (946684800, "the system clock says 2000-01-01; "
                              "certificates are not valid yet"),
    "before this was written": (1717243200, "the system clock says "
                                "2024-06-01; certificates are not valid yet"),
    "2100": (4102444800, "the server's certificate expired on 20"),
})
def test_a_wrong_clock_is_reported(maker, now, says):
    root = maker.make(Openssl.AUTHORITY, "self", days=40000)
    server = maker.make(LEAF, root)
    verdict, = verdicts(maker.case(server, trusted=[root[0].read_text()],
                                   now=now))
    assert verdict.startswith(f"refused: {says}")


@cases("day, says", {
    "today": (0, ""),
    "the day before yesterday": (-2, "the server's certificate is not valid "
                                 "before"),
    "in three days": (3, "the server's certificate expired on"),
})
def test_a_certificate_is_valid_from_and_until(maker, day, says):
    server = maker.make(LEAF)
    now = time.time() + day * DAY
    verdict, = verdicts(maker.case(server, now=now))
    today = time.strftime("(the system clock says %Y-%m-%d)",
                          time.gmtime(now))
    assert verdict == "accepted" if not says else (
        says in verdict and verdict.endswith(today))


def test_dates_in_messages_are_correct(maker):
    """Also in leap years and at the end of a year."""
    root = maker.make(Openssl.AUTHORITY, "self", days=100000)
    server = maker.make(LEAF, root)
    times = [datetime.datetime(year, month, day, 12,
                               tzinfo=datetime.timezone.utc)
             for year in (2032, 2100, 2199, 2200) for month, day in
             ((1, 1), (2, 28), (3, 1), (12, 31))]
    found = verdicts(*(maker.case(server, now=when.timestamp(),
                                  trusted=[root[0].read_text()])
                       for when in times))
    assert [verdict[-11:-1] for verdict in found] == [
        when.strftime("%Y-%m-%d") for when in times]


# Chains like those of the services.

AMAZON = "/C=US/O=Amazon/CN=Amazon "
STARFIELD = ("/C=US/ST=Arizona/L=Scottsdale/O=Starfield Technologies, Inc./CN="
             "Starfield Services Root Certificate Authority - G2")


@dataclass
class Amazon:
    """A chain like those that the endpoints send, below roots made here."""
    starfield: str                    # PEM
    root: str
    chain: list                       # leaf, M01, the root by Starfield


@pytest.fixture(scope="module")
def amazon(maker):
    make = maker.openssl.make
    starfield = make("starfield", by="self", subject=STARFIELD, days=9,
                     extensions=Openssl.AUTHORITY)
    root = make("amazon", by="self", subject=AMAZON + "Root CA 1", days=9,
                extensions=Openssl.AUTHORITY)
    cross = make("cross", by=starfield, subject=AMAZON + "Root CA 1",
                 private=root[1], extensions=Openssl.AUTHORITY)
    issuing = make("m01", by=root, subject=AMAZON + "RSA 2048 M01",
                   extensions="basicConstraints=critical,CA:true,pathlen:0\n"
                   "keyUsage=critical,digitalSignature,keyCertSign,cRLSign\n"
                   "extendedKeyUsage=serverAuth,clientAuth\n"
                   "certificatePolicies=2.23.140.1.2.1\n" + KEY_IDS)
    leaf = make("dynamodb", by=issuing,
                subject="/CN=dynamodb.us-east-1.amazonaws.com",
                extensions="basicConstraints=critical,CA:false\n"
                "keyUsage=critical,digitalSignature,keyEncipherment\n"
                "extendedKeyUsage=serverAuth,clientAuth\n" + KEY_IDS +
                "certificatePolicies=2.23.140.1.2.1\n"
                "authorityInfoAccess=OCSP;URI:http://ocsp.example/\n"
                "subjectAltName=DNS:dynamodb.us-east-1.amazonaws.com,"
                "DNS:*.us-east-1.amazonaws.com,DNS:*.api.example.test\n")
    return Amazon(*(pair[0].read_text() for pair in (starfield, root)),
                  [pair[0].read_text() for pair in (leaf, issuing, cross)])


@pytest.mark.parametrize("host", ["dynamodb.us-east-1.amazonaws.com",
                                  "eu.api.example.test"])
@cases("sent, anchors", {
    "by Amazon's root": (3, ["root"]),
    "by Starfield's": (3, ["starfield"]),
    "by both": (3, ["starfield", "root"]),
    "the cross-signed root is not sent": (2, ["root"]),
})
def test_chains_like_those_of_the_services_are_accepted(amazon, host, sent,
                                                         anchors):
    case = Case(host, amazon.chain[:sent],
                [getattr(amazon, name) for name in anchors])
    assert verdicts(case) == ["accepted"]


def test_without_the_cross_signed_root_starfields_is_not_enough(amazon):
    case = Case("dynamodb.us-east-1.amazonaws.com", amazon.chain[:2],
                [amazon.starfield])
    assert "does not lead to a trusted root" in verdicts(case)[0]


# The build tool.

def test_mkanchors_writes_all_members_of_an_anchor(maker, tmp_path):
    """The roots of a system are CAs without path lengths and name constraints,
    so that the other members are tested here."""
    constrained = maker.make(
        "basicConstraints=critical,CA:true,pathlen:3\n" + KEY_IDS +
        "nameConstraints=permitted;DNS:a.example\n", "self",
        subject="/O=A/CN=first*\\/second")
    server = maker.make(by="self", key="rsa:2048", subject="/O=S")
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(constrained[0].read_text() + server[0].read_text())
    source = subprocess.run([ROOT / "build/mkanchors", bundle], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    _, first, second = source.split("const struct anchor ")[1].split("    {\n")
    assert "\n/* first*?second */\nstatic const unsigned char name_0" in source
    assert "\n/* S */\nstatic const unsigned char name_1" in source
    assert ".ca = true,\n        .path = UINT32_C(3),\n" in first
    assert ".curve = 23," in first and ".exponent = {0, 0, 0, 0}," in first
    assert ".constraints = {constraints_0, sizeof constraints_0}," in first
    assert ".ca = false,\n        .path = UINT32_C(4294967295),\n" in second
    assert ".curve = 0," in second and ".exponent = {0, 1, 0, 1}," in second
    assert "constraints" not in second
    assert "const size_t anchors_builtin_n = 2;" in source
