"""A person at a terminal: run -it, attach, detach, and the terminal afterwards."""

import fcntl
import hashlib
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

from tests.harness.platform import PlatformTest, wait_until

PROMPT = r"/ # $"
CTRL_C, CTRL_P, CTRL_Q, CTRL_Z = b"\x03", b"\x10", b"\x11", b"\x1a"


class Terminal:
    """ctl in a session of its own on a pseudo terminal, which is its standard streams."""

    def __init__(self, platform, *args, rows=24, columns=80, stdout=None):
        self._keyboard, self._terminal = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self._terminal)
        self._unread = ""
        self.process = subprocess.Popen(
            platform.command(*args), env=platform.env, stdin=self._terminal,
            stdout=self._terminal if stdout is None else stdout, stderr=self._terminal, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, rows, columns):
        fcntl.ioctl(self._keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self._keyboard, keys if isinstance(keys, bytes) else keys.encode())

    def _read(self, seconds):
        if not select.select([self._keyboard], [], [], seconds)[0]:
            return False
        self._unread += os.read(self._keyboard, 65536).decode(errors="replace").replace("\r\n", "\n")
        # busybox's line editing asks where the cursor is.
        self._unread = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self._unread)
        return True

    def expect(self, pattern, seconds=20):
        """What came up to and with the pattern, a regular expression; fails if it does not come."""
        end = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self._unread)
            if match:
                text, self._unread = self._unread[:match.end()], self._unread[match.end():]
                return text
            if time.monotonic() > end:
                raise AssertionError(f"{pattern!r} did not come; what came is {self._unread!r}")
            self._read(0.1)

    def run(self, command):
        """What a command of the shell prints."""
        self.type(command + "\n")
        self.expect(re.escape(command) + "\n")
        return self.expect(PROMPT)[:-len("/ # ")]

    def wait(self, seconds=20):
        """The exit code; what ctl still writes is kept for `rest`."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise AssertionError(f"ctl did not end; what came is {self._unread!r}")
            self._read(0.05)
        return self.process.returncode

    def rest(self):
        while self._read(0):
            pass
        return self._unread

    def attributes(self):
        return termios.tcgetattr(self._terminal)

    def is_raw(self):
        return not self.attributes()[3] & (termios.ICANON | termios.ECHO | termios.ISIG)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)
        os.close(self._keyboard)
        os.close(self._terminal)


class TerminalTest(PlatformTest):

    def terminal(self, *args, **kwargs):
        terminal = Terminal(self.platform, *args, **kwargs)
        self.addCleanup(terminal.close)
        return terminal

    def shell(self, *flags):
        terminal = self.terminal("run", "-it", *flags, "busybox", "sh")
        terminal.expect(PROMPT)
        return terminal

    def assert_as_before(self, terminal):
        self.assertEqual(terminal.attributes(), terminal.before)

    def test_shell_has_a_terminal_and_its_exit_code_is_ctls(self):
        shell = self.shell("--rm")
        self.assertTrue(shell.is_raw())
        self.assertRegex(shell.run("tty"), "^/dev/(pts/0|console)\n$")
        self.assertEqual(shell.run("test -t 0 && test -t 1 && test -t 2 && echo three"), "three\n")
        shell.type("exit 3\n")
        self.assertEqual(shell.wait(), 3)
        self.assert_as_before(shell)

    def test_size_is_the_terminals_and_follows_it(self):
        shell = self.terminal("run", "--rm", "-it", "busybox", "sh", rows=33, columns=101)
        shell.expect(PROMPT)
        self.assertEqual(shell.run("stty size"), "33 101\n")
        shell.resize(50, 132)
        wait_until(lambda: shell.run("stty size") == "50 132\n", what="the new size")
        shell.type("exit\n")
        self.assertEqual(shell.wait(), 0)

    def test_first_process_sees_the_size_at_once(self):
        done = self.terminal("run", "--rm", "-it", "busybox", "stty", "size", rows=17, columns=71)
        done.expect("17 71\n")
        self.assertEqual(done.wait(), 0)

    def test_interrupt_ends_the_command_and_not_the_shell(self):
        shell = self.shell("--rm")
        shell.type("sleep 1000; echo code $?\n")
        wait_until(lambda: "sleep 1000" in self.out("exec", self.out("ps", "-lq"), "ps"), what="the start of sleep")
        shell.type(CTRL_C)
        shell.expect(PROMPT)
        self.assertEqual(shell.run("echo alive"), "alive\n")
        shell.type("exit\n")
        self.assertEqual(shell.wait(), 0)

    def test_job_control(self):
        shell = self.shell("--rm")
        shell.run("sleep 500 &")
        self.assertRegex(shell.run("jobs"), r"Running\s+sleep 500")
        shell.type("sleep 600\n")
        wait_until(lambda: "sleep 600" in self.out("exec", self.out("ps", "-lq"), "ps"), what="the start of sleep")
        shell.type(CTRL_Z)
        shell.expect(r"Stopped\s+sleep 600")
        shell.expect(PROMPT)
        shell.type("fg\n")
        shell.expect("sleep 600\n")
        shell.type(CTRL_C)
        shell.expect(PROMPT)
        self.assertRegex(shell.run("jobs"), r"Running\s+sleep 500")
        shell.type("exit\n")
        shell.wait()

    def test_detach_and_attach_again(self):
        shell = self.shell("--name", "detached")
        shell.run("mark=here")
        shell.type(CTRL_P + CTRL_Q)
        self.assertEqual(shell.wait(), 0)
        self.assertEqual(shell.rest(), "read escape sequence\n")
        self.assert_as_before(shell)
        self.assertEqual(self.out("ps", "-q", "-f", "name=detached", "-f", "status=running") != "", True)
        again = self.terminal("attach", "detached")
        wait_until(again.is_raw, what="raw mode")
        again.type("\n")
        again.expect(PROMPT)
        self.assertEqual(again.run("echo $mark"), "here\n")
        again.type("exit 3\n")
        self.assertEqual(again.wait(), 3)
        self.assert_as_before(again)
        self.out("rm", "detached")

    def test_detach_from_start(self):
        self.out("create", "-it", "--name", "started", "busybox", "sh")
        shell = self.terminal("start", "-ai", "started")
        shell.expect(PROMPT)
        shell.type(CTRL_P + CTRL_Q)
        self.assertEqual(shell.wait(), 0)
        self.assert_as_before(shell)
        self.out("rm", "-f", "started")

    def test_other_detach_keys(self):
        shell = self.terminal("run", "--name", "keys", "--detach-keys", "ctrl-a,d", "-it", "busybox", "sh")
        shell.expect(PROMPT)
        shell.type("cat -v\n")
        shell.expect("cat -v\n")
        shell.type(CTRL_P + CTRL_Q + b"\x01x\n")
        shell.expect(r"\^Px|\^P.*\^Ax\n")
        shell.type(b"\x01d")
        self.assertEqual(shell.wait(), 0)
        self.out("rm", "-f", "keys")

    def test_ends_by_signals_restore_the_terminal(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number):
                shell = self.shell("--name", "signalled")
                self.assertTrue(shell.is_raw())
                shell.process.send_signal(number)
                self.assertEqual(shell.wait(), -number)
                self.assert_as_before(shell)
                self.out("rm", "-f", "signalled")

    def test_reader_that_leaves_restores_the_terminal(self):
        read_end, write_end = os.pipe()
        terminal = self.terminal("run", "--name", "yes", "-it", "busybox", "yes", stdout=write_end)
        os.close(write_end)
        self.assertEqual(os.read(read_end, 1), b"y")
        os.close(read_end)
        self.assertEqual(terminal.wait(), -signal.SIGPIPE)
        self.assert_as_before(terminal)
        self.out("rm", "-f", "yes")

    def test_container_that_is_killed_restores_the_terminal(self):
        shell = self.shell("--name", "victim")
        self.out("kill", "victim")
        self.assertEqual(shell.wait(), 137)
        self.assert_as_before(shell)
        self.out("rm", "victim")

    def test_command_that_cannot_start_restores_the_terminal(self):
        terminal = self.terminal("run", "--rm", "-it", "busybox", "nosuchprogram")
        self.assertEqual(terminal.wait(), 127)
        self.assert_as_before(terminal)
        self.assertIn("nosuchprogram", terminal.rest())

    def test_terminal_without_input(self):
        done = self.ctl("run", "--rm", "-t", "busybox", "sh", "-c", "echo out; echo err >&2; test -t 1 && echo tty")
        self.assertEqual(done.stdout, b"out\r\nerr\r\ntty\r\n")
        self.assertEqual(done.stderr, b"")

    def test_input_that_is_no_terminal_is_refused(self):
        for stdin in (b"", b"echo hi\n"):
            done = self.ctl("run", "--rm", "-it", "busybox", "sh", stdin=stdin)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (1, b"", b"the input device is not a TTY\n"))
        self.assertEqual(self.out("ps", "-aq"), "")

    def test_pasted_text_arrives_whole(self):
        shell = self.shell("--rm")
        shell.type("stty raw -echo; echo now; head -c 100000 | md5sum; stty sane\n")
        shell.expect("stty sane\n")
        shell.expect("now")
        text = b"0123456789" * 10000
        for at in range(0, len(text), 1000):
            shell.type(text[at:at + 1000])
        self.assertIn(hashlib.md5(text).hexdigest(), shell.expect("[0-9a-f]{32}"))
        shell.type("exit\r")
        shell.wait()

    def test_line_editing_and_colours_in_tmux(self):
        folder = tempfile.mkdtemp(prefix="gantry-tmux-")
        self.addCleanup(lambda: subprocess.run(["rm", "-rf", folder], check=False))

        def tmux(*args):
            return subprocess.run(["tmux", "-S", os.path.join(folder, "socket"), *args], capture_output=True, text=True,
                                  check=True).stdout

        command = " ".join(self.platform.command("run", "--rm", "-it", "busybox", "sh"))
        tmux("-f", "/dev/null", "new-session", "-d", "-x", "90", "-y", "20", command)
        self.addCleanup(lambda: subprocess.run(["tmux", "-S", os.path.join(folder, "socket"), "kill-server"],
                                               capture_output=True, check=False))
        wait_until(lambda: "/ #" in tmux("capture-pane", "-p"), what="the prompt")
        tmux("send-keys", "-l", "printf '\\033[31mr\\033[0m-%s\\n' abx")
        tmux("send-keys", "BSpace", "c", "Enter")
        wait_until(lambda: "\nr-abc\n" in tmux("capture-pane", "-p"), what="the edited line")
        self.assertIn("\x1b[31mr\x1b[39m", tmux("capture-pane", "-p", "-e"))
        tmux("send-keys", "-l", "stty size")
        tmux("send-keys", "Enter")
        wait_until(lambda: "20 90" in tmux("capture-pane", "-p") or "19 90" in tmux("capture-pane", "-p"), what="the size")
        tmux("send-keys", "Up", "Up", "Enter")
        wait_until(lambda: tmux("capture-pane", "-p").count("\nr-abc\n") == 2, what="the command of the history")


class LostGatewayTest(PlatformTest):

    def test_gateway_that_is_gone_restores_the_terminal(self):
        for command, code in (("run", 125), ("attach", 1)):
            with self.subTest(command):
                if command == "run":
                    terminal = Terminal(self.platform, "run", "--name", "lost", "-it", "busybox", "sh")
                else:
                    terminal = Terminal(self.platform, "attach", "lost")
                    wait_until(terminal.is_raw, what="raw mode")
                self.addCleanup(terminal.close)
                if command == "attach":
                    terminal.type("\n")
                terminal.expect(PROMPT)
                self.platform.kill("gateway")
                self.assertEqual(terminal.wait(), code)
                self.assertEqual(terminal.attributes(), terminal.before)
                self.assertEqual(len(terminal.rest().strip().splitlines()), 1, terminal.rest())
                self.assertIn("the connection ended before the process did", terminal.rest())
                self.platform.start()
        self.assertNotEqual(self.out("ps", "-q", "-f", "name=lost"), "")
        self.out("rm", "-f", "lost")
