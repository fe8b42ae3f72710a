"""Certificates and keys of a cluster, made by openssl since the standard library cannot."""

from dataclasses import dataclass
from pathlib import Path

from testcluster.shell import run

_NO_DEFAULTS = "[req]\ndistinguished_name=dn\n[dn]\n"
_DAYS = "365"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its private key, as PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority and the folder that it writes into."""

    folder: Path
    root: Certificate

    def issue(self, name: str, subject: str, alternative_names: tuple[str, ...] = ()) -> Certificate:
        """Write `<name>.crt` and `<name>.key`, good for servers and clients.

        `subject` is written as openssl does: `/O=group/CN=user`; alternative names as `IP:…` or `DNS:…`.
        """
        names = ("-addext", "subjectAltName=" + ",".join(alternative_names)) if alternative_names else ()
        signed = ("-CA", self.root.certificate, "-CAkey", self.root.key)
        usage = ("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth,clientAuth")
        return _write(self.folder, name, subject, *signed, *usage, *names)


def create_authority(folder: Path) -> Authority:
    """Make a new authority, `ca.crt` and `ca.key`, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rights = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    return Authority(folder, _write(folder, "ca", "/CN=test-cluster", *rights))


def create_signing_key(path: Path) -> Path:
    """Write the key that signs service account tokens, in the SEC1 form, the one that kube-apiserver reads."""
    run("openssl", "ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", path)
    return path


def _write(folder: Path, name: str, subject: str, *options: str | Path) -> Certificate:
    made = Certificate(folder / f"{name}.crt", folder / f"{name}.key")
    files = ("-out", made.certificate, "-keyout", made.key)
    request = ("openssl", "req", "-x509", "-config", "/dev/stdin", *_NEW_KEY, "-days", _DAYS, "-subj", subject)
    run(*request, *files, *options, stdin=_NO_DEFAULTS)
    return made
