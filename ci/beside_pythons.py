#!/usr/bin/env python3
"""Runs a command, and meanwhile the Pythons of this system for it.

A program under Wine has no Python, and cannot read what a program of the system below writes.
POOLPROOF_PYTHONS tells it a port and a word. Who connects says the word, a program and its
arguments, each with a zero byte behind it, and then nothing more; it gets what the program writes,
and in the end a line with the program's exit code. Who names no program gets a list of them.
"""

import glob
import hmac
import os
import re
import secrets
import socketserver
import subprocess
import sys
import threading

WORD = secrets.token_hex(16)
SECONDS_MAX = 300


def version(program):
    return [int(part) for part in re.findall(r"\d+", program.split("/versions/")[-1])]


def programs():
    """The one on the path, and of those under pyenv the oldest and the newest: all take long."""
    home = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found = sorted(glob.glob(f"{glob.escape(home)}/versions/3*/bin/python3"), key=version)
    return ["python3", *found[:1], *found[-1:]]


class Request(socketserver.StreamRequestHandler):
    timeout = SECONDS_MAX

    def handle(self):
        word, *command = self.rfile.read().decode().split("\0")[:-1] or [""]
        if not hmac.compare_digest(word, WORD):
            return
        if command:
            code = self.run(command)
        else:
            code = 0
            self.say("".join(f"{program}\n" for program in programs()))
        self.say(f"ended {code}\n")

    def run(self, command):
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.connection)
        except OSError:
            return 127
        self.server.children.append(child)
        try:
            return child.wait(SECONDS_MAX)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()

    def say(self, text):
        self.wfile.write(text.encode())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Request)
        self.children = []


def main():
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told = f"{server.server_address[1]} {WORD}"
    code = subprocess.call(sys.argv[1:], env={**os.environ, "POOLPROOF_PYTHONS": told})
    for child in server.children:
        child.kill()
    return code if code >= 0 else 128 - code


sys.exit(main())
