# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shell scripts taken apart into commands (sh(1), bash(1)). Nothing is run.

A node is a tuple whose first item says what it is:

    ("command", line, words)            ("and" | "or", first, second)      ("not", node)
    ("list", nodes)                     ("pipe" | "subshell", nodes)       ("arithmetic", text)
    ("if", [(condition, body)], other)  ("while" | "until", condition, body)
    ("for", line, name, words, body)    ("case", line, word, [(patterns, body, ending)])
    ("function", name, body)            ("test", line, words)
"""

from __future__ import annotations

import re
from typing import Any, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

Node = Tuple[Any, ...]
OPERATOR = re.compile(r"\n|&&|\|\||;;&|;;|;&|&>>?|\|&|[;&|()]", re.ASCII)
# With the number of the stream before it; what comes behind it is the next word.
REDIRECTION = re.compile(r"(?:\d+|\{\w+\})?(?:<<<|<<-?|<>|<&|>>|>&|>\||<(?!\()|>(?!\())", re.ASCII)
NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
FUNCTION_NAME = re.compile(r"[^\s$\"'`=;&|<>(){}]+\Z", re.ASCII)
SUBSTITUTIONS = {"$(": ")", "${": "}", "<(": ")", ">(": ")"}
ENDS = frozenset({"then", "do", "done", "fi", "elif", "else", "esac", "}", ")", ";;", ";&", ";;&"})
WORD = "word"


class Token(NamedTuple):
    """A word or an operator. ``kind``: `WORD`, or the operator itself, or "" at the end."""

    kind: str
    text: str
    line: int


def is_shell(path: str) -> bool:
    """Return whether a shell runs the file at login."""
    return path in ("/etc/profile", "/etc/bash.bashrc", "/etc/bashrc") or path.startswith(
        ("/etc/profile.d/", "/root/.")
    )


def parse(text: str, place: str) -> Iterator[Node]:
    """Yield the complete commands of a script, as a shell takes them one by one. Raises `ReadError` with the line."""
    parser = _Parser(text, place)
    while True:
        parser.newlines()
        if not parser.peek().kind:
            return
        yield parser.complete()


def _shown(token: Token) -> str:
    return "the end of the line" if token.text == "\n" else token.text


def end_of_unit(text: str, at: int) -> int:
    """Return where the quoted text, substitution or single sign at a position ends; -1 where it does not."""
    sign = text[at]
    if sign == "\\":
        return min(at + 2, len(text))
    if sign == "'":
        return text.find("'", at + 1) + 1 or -1
    if text[at : at + 2] == "$'":
        found = re.compile(r"(?:[^'\\]|\\.)*'", re.DOTALL).match(text, at + 2)
        return found.end() if found else -1
    if sign in ('"', "`"):
        return _closed(text, at + 1, "", sign)
    if text[at : at + 2] in SUBSTITUTIONS:
        return _closed(text, at + 2, text[at + 1].replace("<", "(").replace(">", "("), SUBSTITUTIONS[text[at : at + 2]])
    return at + 1


def _closed(text: str, at: int, opening: str, closing: str) -> int:
    """Return the position behind the sign that closes what began before ``at``; -1 where none does."""
    depth = 1
    while 0 <= at < len(text):
        sign = text[at]
        if sign in (opening, closing):
            depth += 1 if sign == opening else -1
            at += 1
            if not depth:
                return at
        elif opening == "(" and sign == "#" and text[at - 1] in " \t\n;(":
            at = text.find("\n", at)
        elif opening or sign == "\\" or (closing != "`" and text[at : at + 2] in ("$(", "${")) or sign == "`":
            at = end_of_unit(text, at)
        else:
            at += 1  # between double quotes, other quotes are plain signs
    return -1


class _Parser:
    """A position in a script, and what may stand there."""

    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place
        self._at = 0
        self._line = 1
        self._next: Optional[Token] = None
        self._here: List[Tuple[str, bool]] = []

    def _problem(self, what: str, line: int) -> ReadError:
        return ReadError(
            "%s:%d cannot be followed: %s; `bash -n` and `sh -n` tell whether it is right" % (self._place, line, what)
        )

    # Words and operators.

    def peek(self) -> Token:
        """Return the next token and leave it there."""
        if self._next is None:
            self._next = self._token()
        return self._next

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.peek()
        self._next = None
        return token

    def _token(self) -> Token:
        self._blanks()
        line, start = self._line, self._at
        if start >= len(self._text):
            return Token("", "the end of the file", line)
        operator = OPERATOR.match(self._text, start)
        if operator:
            self._at = operator.end()
            if operator.group() == "\n":
                self._line += 1
                self._skip_here_documents()
            return Token(operator.group(), operator.group(), line)
        redirection = REDIRECTION.match(self._text, start)
        if redirection:
            self._at = redirection.end()
            return Token(">", redirection.group(), line)
        return Token(WORD, self._word(), line)

    def _blanks(self) -> None:
        text = self._text
        while self._at < len(text):
            if text[self._at] in " \t":
                self._at += 1
            elif text.startswith("\\\n", self._at):
                self._at += 2
                self._line += 1
            elif text[self._at] == "#":
                end = text.find("\n", self._at)
                self._at = len(text) if end < 0 else end
            else:
                return

    def _word(self) -> str:
        start, line, text = self._at, self._line, self._text
        while self._at < len(text):
            sign = text[self._at]
            if sign == "(" and text[self._at - 1] == "=" and self._at > start:
                end = _closed(text, self._at + 1, "(", ")")  # an array
            elif sign in " \t\n;&|()" or (sign in "<>" and text[self._at : self._at + 2] not in SUBSTITUTIONS):
                break
            else:
                end = end_of_unit(text, self._at)
            if end < 0:
                raise self._problem("a quote or a substitution does not end", line)
            self._line += text.count("\n", self._at, end)
            self._at = end
        return text[start : self._at].replace("\\\n", "")

    def _skip_here_documents(self) -> None:
        for ending, tabs in self._here:
            while True:
                if self._at >= len(self._text):
                    raise self._problem("a here-document does not end", self._line)
                end = self._text.find("\n", self._at)
                row = self._text[self._at :] if end < 0 else self._text[self._at : end]
                self._at = len(self._text) if end < 0 else end + 1
                self._line += 1
                if (row.lstrip("\t") if tabs else row) == ending:
                    break
        self._here = []

    # Commands.

    def newlines(self) -> None:
        """Go on to what is no end of a line."""
        while self.peek().kind == "\n":
            self.take()

    def _expect(self, *texts: str) -> Token:
        token = self.take()
        if token.text not in texts:
            raise self._problem("%s stands where %s is wanted" % (_shown(token), " or ".join(texts)), token.line)
        return token

    def complete(self) -> Node:
        """Return one complete command: up to the end of its line."""
        nodes = [self._and_or()]
        while self.peek().kind in (";", "&"):
            nodes = self._separated(nodes)
            if self.peek().kind in ("\n", ""):
                break
            nodes.append(self._and_or())
        token = self.peek()
        if token.kind not in ("\n", ""):
            raise self._problem("%s stands where nothing is to be closed" % token.text, token.line)
        return nodes[0] if len(nodes) == 1 else ("list", nodes)

    def _separated(self, nodes: List[Node]) -> List[Node]:
        """Take a separator; what stands before an ampersand runs in a shell of its own."""
        return [*nodes[:-1], ("subshell", [nodes[-1]])] if self.take().kind == "&" else nodes

    def _body(self, *ends: str) -> Node:
        """Return the commands up to one of these words, which is left there."""
        nodes: List[Node] = []
        self.newlines()
        while self.peek().text not in ends:
            if self.peek().text in ENDS or not self.peek().kind:
                self._expect(*ends)
            nodes.append(self._and_or())
            if self.peek().kind in (";", "&"):
                nodes = self._separated(nodes)
            elif self.peek().kind != "\n" and self.peek().text not in ends:
                self._expect(*ends)
            self.newlines()
        return ("list", nodes)

    def _and_or(self) -> Node:
        node = self._pipeline()
        while self.peek().kind in ("&&", "||"):
            word = "and" if self.take().kind == "&&" else "or"
            self.newlines()
            node = (word, node, self._pipeline())
        return node

    def _pipeline(self) -> Node:
        negated = False
        while self.peek().text in ("!", "time") and self.peek().kind == WORD:
            negated ^= self.take().text == "!"
        nodes = [self._command()]
        while self.peek().kind in ("|", "|&"):
            self.take()
            self.newlines()
            nodes.append(self._command())
        node: Node = nodes[0] if len(nodes) == 1 else ("pipe", nodes)
        return ("not", node) if negated else node

    def _command(self) -> Node:
        token = self.peek()
        compound = {
            "if": self._if, "while": self._while, "until": self._while, "for": self._for, "select": self._for,
            "case": self._case, "{": self._braces, "(": self._brackets, "function": self._function, "[[": self._test,
        }.get(token.text)  # fmt: skip
        if compound is None:
            return self._simple()
        self.take()
        node = compound(token)
        self._redirections()
        return node

    def _redirections(self) -> bool:
        """Pass over redirections; return whether there were any."""
        found = False
        while self.peek().kind in (">", "&>", "&>>"):
            operator = self.take()
            target = self.take()
            if target.kind != WORD:
                raise self._problem("no file is named behind %s" % operator.text, operator.line)
            if operator.text.lstrip("0123456789") in ("<<", "<<-"):
                self._here.append((re.sub(r"[\"'\\]", "", target.text), operator.text.endswith("-")))
            found = True
        return found

    def _simple(self) -> Node:
        first = self.peek()
        words: List[str] = []
        redirected = False
        while True:
            redirected = self._redirections() or redirected
            token = self.peek()
            if token.kind != WORD:
                break
            words.append(self.take().text)
            if len(words) == 1 and self.peek().kind == "(" and FUNCTION_NAME.match(words[0]):
                self.take()
                self._expect(")")
                return self._defined(words[0])
        if not words and not redirected:
            raise self._problem("%s stands where a command is wanted" % _shown(first), first.line)
        if words and first.kind == WORD and words[0] in ENDS:
            raise self._problem("%s stands where nothing is to be closed" % words[0], first.line)
        return ("command", first.line, words)

    def _function(self, _token: Token) -> Node:
        name = self.take().text
        if self.peek().kind == "(":
            self.take()
            self._expect(")")
        return self._defined(name)

    def _defined(self, name: str) -> Node:
        self.newlines()
        return ("function", name, self._command())

    def _if(self, _token: Token) -> Node:
        parts: List[Tuple[Node, Node]] = []
        other: Optional[Node] = None
        word = "elif"
        while word == "elif":
            condition = self._body("then")
            self.take()
            parts.append((condition, self._body("elif", "else", "fi")))
            word = self.take().text
        if word == "else":
            other = self._body("fi")
            self.take()
        return ("if", parts, other)

    def _while(self, token: Token) -> Node:
        condition = self._body("do")
        return (token.text, condition, self._loop())

    def _loop(self) -> Node:
        opening = self._expect("do", "{")
        closing = "done" if opening.text == "do" else "}"
        body = self._body(closing)
        self.take()
        return body

    def _for(self, token: Token) -> Node:
        name = self.take()
        words: Optional[List[str]] = None
        if name.kind == "(":
            while self.take().kind not in (")", "\n", ""):
                pass
            self._expect(")")
        else:
            self.newlines()
            if self.peek().text == "in":
                self.take()
                words = []
                while self.peek().kind == WORD:
                    words.append(self.take().text)
        if self.peek().kind == ";":
            self.take()
        self.newlines()
        return ("for", token.line, name.text, words, self._loop())

    def _case(self, token: Token) -> Node:
        word = self.take().text
        self.newlines()
        self._expect("in")
        parts: List[Tuple[Sequence[str], Node, str]] = []
        self.newlines()
        while self.peek().text != "esac":
            if self.peek().kind == "(":
                self.take()
            patterns = [self.take().text]
            while self._expect("|", ")").kind == "|":
                patterns.append(self.take().text)
            body = self._body(";;", ";&", ";;&", "esac")
            ending = "" if self.peek().text == "esac" else self.take().kind
            parts.append((patterns, body, ending))
            self.newlines()
        self.take()
        return ("case", token.line, word, parts)

    def _braces(self, _token: Token) -> Node:
        body = self._body("}")
        self.take()
        return body

    def _brackets(self, _token: Token) -> Node:
        if self._next is None and self._text.startswith("(", self._at) and self._text[self._at - 1] == "(":
            end = _closed(self._text, self._at, "(", ")")
            end = _closed(self._text, end, "(", ")") if end > 0 and self._text[end - 1 : end + 1] == "))" else end
            inside = self._text[self._at + 1 : max(end - 2, 0)]
            if end > 0 and self._text[end - 2 : end] == "))":
                self._at = end
                self._line += inside.count("\n")
                return ("arithmetic", inside)
        body = self._body(")")
        self.take()
        return ("subshell", [body])

    def _test(self, token: Token) -> Node:
        words: List[str] = []
        while self.peek().text != "]]":
            one = self.take()
            if not one.kind:
                raise self._problem("[[ is not closed", token.line)
            if one.kind != "\n":
                words.append(one.text)
        self.take()
        return ("test", token.line, words)
