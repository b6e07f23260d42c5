"""A throw-away certificate authority, made anew for each run by openssl."""

import subprocess
import time

CONFIG = """
[ca]
default_ca = ca_default
[ca_default]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = policy
unique_subject = no
copy_extensions = none
[policy]
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""

LEAF = """
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = {}
"""

KEYS = {
    "ec": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}


class CA:
    """Lives in `directory` (a pathlib.Path); `certificate` is the root's
    file, for SSL_CERT_FILE and its like."""

    def __init__(self, directory, key="ec"):
        self.directory = directory
        self.key = key
        self.certificate = directory / "ca.pem"
        self._issued = 0
        (directory / "config").write_text(CONFIG)
        (directory / "index").touch()
        self._request("ca", "/CN=ocrdyn tests, root")
        self._sign("ca", ["-selfsign", "-extensions", "root"], -3600, 864000)

    def issue(self, *names, start=-3600, end=86400, key=None, ip="127.0.0.1"):
        """Makes a server's certificate for the DNS names (default localhost)
        and the address, valid from `start` to `end`, in seconds from now.
        Returns the paths of certificate and key."""
        names = names or ("localhost",)
        self._issued += 1
        stem = f"server{self._issued}"
        alternatives = [f"DNS:{name}" for name in names]
        if ip:
            alternatives.append(f"IP:{ip}")
        self._write(f"{stem}.ext", LEAF.format(",".join(alternatives)))
        self._request(stem, f"/CN={names[0]}", key)
        self._sign(stem, ["-cert", "ca.pem", "-extfile", f"{stem}.ext"],
                   start, end)
        return self.directory / f"{stem}.pem", self.directory / f"{stem}.key"

    def _write(self, name, text):
        (self.directory / name).write_text(text)

    def _request(self, stem, subject, key=None):
        self._openssl("genpkey", "-algorithm", *KEYS[key or self.key],
                      "-out", f"{stem}.key")
        self._openssl("req", "-new", "-config", "config", "-key",
                      f"{stem}.key", "-subj", subject, "-out", f"{stem}.csr")

    def _sign(self, stem, options, start, end):
        now = time.time()
        dates = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(now + seconds))
                 for seconds in (start, end)]
        self._openssl("ca", "-batch", "-notext", "-config", "config",
                      "-keyfile", "ca.key", "-startdate", dates[0],
                      "-enddate", dates[1], "-in", f"{stem}.csr",
                      "-out", f"{stem}.pem", *options)

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.directory,
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")


class Openssl:
    """What CA does not issue: `make(name, ...)` makes a key and a certificate
    for localhost in `folder`, and gives their paths as CA.issue does."""

    EXTENSIONS = ("basicConstraints=critical,CA:false\n"
                  "subjectAltName=DNS:localhost\n")
    AUTHORITY = ("basicConstraints=critical,CA:true\n"
                 "keyUsage=critical,keyCertSign\n"
                 "subjectKeyIdentifier=hash\n"
                 "authorityKeyIdentifier=keyid:always\n")

    def __init__(self, folder, ca):
        self.folder = folder
        self.root = ca.certificate, ca.directory / "ca.key"

    def make(self, name, key="rsa:2048", digest="sha256", by=None,
             extensions=EXTENSIONS, subject=None, private=None, days=1):
        """By the root, or by another pair of paths, or by itself (by="self");
        with a new key, or that of the path `private`."""
        pem = self.folder / f"{name}.pem"
        subject = ["-subj", subject or f"/CN={name}", "-out", f"{name}.csr"]
        if private:
            self._run("req", "-new", "-key", private, *subject)
        else:
            private = self.folder / f"{name}.key"
            kind, size = key.split(":")
            options = ["-newkey", key] if kind == "rsa" else [
                "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{size}"]
            self._run("req", "-new", "-nodes", *options, "-keyout", private,
                      *subject)
        issuer, issuer_key = by if by and by != "self" else self.root
        signer = ["-key", private] if by == "self" else [
            "-CA", issuer, "-CAkey", issuer_key]
        (self.folder / "extensions").write_text(extensions)
        self._run("x509", "-req", "-in", f"{name}.csr", *signer,
                  "-set_serial", str(time.time_ns()), "-days", str(days),
                  f"-{digest}", "-extfile", "extensions", "-out", pem)
        return pem, private

    def self_signed(self):
        pem, private = self.folder / "self.pem", self.folder / "self.key"
        self._run("req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout",
                  private, "-subj", "/CN=localhost", "-addext",
                  "subjectAltName=DNS:localhost", "-days", "1", "-out", pem)
        return pem, private

    def chain(self, name, middle, send=True):
        """A certificate by `middle`, which is sent along or forgotten."""
        pem, private = self.make(name, by=middle)
        if send:
            pem.write_text(pem.read_text() + middle[0].read_text())
        return pem, private

    def _run(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=self.folder,
                       check=True, capture_output=True)
