"""A small OpenID provider, a process of its own: honest by default, and as dishonest as a test asks.

`python -m tests.openid.issuer` prints its address. Who is signed in there, and how it lies, is set by POST /control.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT = {"id": "salon", "secret": "between us: 100%"}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer(ThreadingHTTPServer):
    """`person`: claims of who is signed in. `lies`: claims of the ID token that are replaced, or left out with None.

    `signs`: `right`, `stranger` (another key under our key's name), `none` or `secret` (HS256 with the public key).
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.settings: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.last_token = ""

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT["id"], "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.settings.get("person", {}) | self.settings.get("lies", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        signs = self.settings.get("signs", "right")
        if signs == "none":
            return jwt.encode(claims, None, "none", {"kid": "one"})
        if signs == "secret":
            modulus = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))["n"]
            return jwt.encode(claims, modulus, "HS256", {"kid": "one"})
        return jwt.encode(claims, STRANGER if signs == "stranger" else KEY, "RS256", {"kid": "one"})


class Handler(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        asked = {name: values[0] for name, values in query.items()}
        issuer = self.server
        if path == "/.well-known/openid-configuration":
            places = {f"{name}_endpoint": f"{issuer.address}/{name}" for name in ("authorization", "token", "userinfo")}
            places["end_session_endpoint"] = f"{issuer.address}/leave"
            self.answer({"issuer": issuer.address, "jwks_uri": f"{issuer.address}/keys", **places})
        elif path == "/keys":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            self.answer({"keys": [key | {"kid": "one", "use": "sig", "alg": "RS256"}]})
        elif path == "/authorization":
            code = secrets.token_urlsafe()
            issuer.codes[code] = asked
            answer = {"code": code, "state": asked["state"]} | issuer.settings.get("returns", {})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
            self.end_headers()
        elif path == "/userinfo":
            self.answer(issuer.settings.get("userinfo", {}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/control":
            self.server.settings = json.loads(body)
            self.answer({})
        elif self.path == "/token":
            self.token({name: values[0] for name, values in parse_qs(body.decode()).items()})

    def token(self, form: dict[str, str]) -> None:
        """Give tokens for a code, once, to who proves to be the one that asked for it."""
        begun = self.server.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(
            b"="
        )
        right = begun and begun["code_challenge_method"] == "S256" and begun["code_challenge"] == challenge.decode()
        if not right or self.client() != CLIENT or form["redirect_uri"] != begun["redirect_uri"]:
            self.answer({"error": "invalid_grant"}, 400)
            return
        token = self.server.id_token(begun["nonce"])
        if self.server.settings.get("replays"):
            token = self.server.last_token
        self.server.last_token = token
        said = {"access_token": "an access token", "token_type": "Bearer", "id_token": token}
        self.answer(self.server.settings.get("tokens", said))

    def client(self) -> dict[str, str]:
        kind, _, pair = self.headers.get("Authorization", "").partition(" ")
        name, _, secret = base64.b64decode(pair).decode().partition(":") if kind == "Basic" else ("", "", "")
        return {"id": unquote_plus(name), "secret": unquote_plus(secret)}

    def answer(self, said: Any, status: int = 200) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    issuer = Issuer()
    print(issuer.address, flush=True)
    issuer.serve_forever()
