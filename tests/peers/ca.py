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
