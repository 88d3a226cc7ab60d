#!/usr/bin/env python3
"""Nothing of one processor outside its place: files named *_x86_64.cc, *_aarch64.h and the like (docs/architecture.md,
Processors).

    one_processor.py ROOT           scans the code, prints every line that knows a processor, exits 1 if there is one
    one_processor.py --self-check   plants one of each kind in a scratch tree and insists that it is found
"""
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import tree_check  # pylint: disable=wrong-import-position

ROOTS = ("preload", "libtrack", "reports", "cli")
SUFFIXES = (".h", ".cc", ".c", ".inc")
PROCESSORS = ("x86_64", "aarch64")
PLACE = re.compile(rf".*_({'|'.join(PROCESSORS)})\.(h|cc)$")

# What -> (how it is recognised in a line without its comment, an example).
KINDS = {
    "processor macro": (r"\b(__x86_64__|__i386__|__amd64__|__aarch64__|__arm__|__riscv\w*|__ILP32__)\b",
                        "#if defined(__x86_64__)"),
    "register of ucontext": (r"\bREG_(R\w+|E\w+)\b", "context.uc_mcontext.gregs[REG_RIP];"),
    "registers of ptrace": (r"\b(user_regs_struct|user_fpregs_struct|user_pt_regs|NT_X86_\w+|NT_ARM_\w+)\b",
                            "user_regs_struct registers;"),
    "register name": (r"\b(r(?:ax|bx|cx|dx|si|di|bp|sp|ip)|orig_rax|eflags)\b", "registers.rip += 2;"),
    # Not: a symbol's name behind a declaration.
    "instructions": (r'\b(asm|__asm__)\s*(volatile|goto)\b|\b(asm|__asm__)\s*\(\s*"[^"]*[\s%;]|^\s*register\b',
                     'asm volatile("pause");'),
    "machine of ELF": (r"\bEM_(X86_64|386|AARCH64|ARM|RISCV)\b", "if (machine == EM_X86_64) return;"),
    "relocation": (r"\bR_(X86_64|386|AARCH64|ARM|RISCV)_\w+", "case R_X86_64_JUMP_SLOT:"),
    "name in system call filters": (r"\bAUDIT_ARCH_\w+", "return AUDIT_ARCH_X86_64;"),
    "header of the kernel's for one processor": (r"#\s*include\s*<asm/", "#include <asm/prctl.h>"),
    "name of a processor": (r"(?<![\\\w])(x86|amd64|aarch64|arm64)", 'const char* kFeature = "x86_Thread_features";'),
    "place of the return address": (r"\b(cfa|caller|frame|base)\s*[-+]\s*(8|16)\b", "stack.Read(cfa - 8, pc);"),
    "number of a register in unwind tables": (r"\bDW_OP_b?reg[1-9]\d*\b", "case DW_OP_breg7:"),
    "size of a page": (r"\b(4096|4095|0x1000|0x0?fff)\b|(>>|<<)\s*12\b|\bkPageBits\b", "address &= ~0xfff;"),
}
KINDS = {what: (re.compile(pattern), example) for what, (pattern, example) in KINDS.items()}

# (file, kind) -> why it may.
EXCEPTIONS = {
    ("libtrack/include/track/track.h", "processor macro"): "chooses a fast look-up where there is one; any other "
                                                           "processor has the portable one beside it",
    ("libtrack/include/track/track.h", "instructions"): "of that fast look-up",
    ("libtrack/include/track/track.h", "register name"): "of that fast look-up",
    ("libtrack/attach/attach_target.cc", "name of a processor"): "a line of /proc/PID/status that only that one has",
    ("libtrack/symbolize/symbol_table.cc", "machine of ELF"): "of the file that is read, whatever runs here",
    ("libtrack/support/units.cc", "size of a page"): "an example, for users",
    ("libtrack/snapshot/load_target.cc", "size of a page"): "a count of bytes that tell a format",
    ("libtrack/procfs/elf_facts.cc", "machine of ELF"): "gives every processor's name, of files",
    ("libtrack/procfs/elf_facts.cc", "name of a processor"): "gives every processor's name, of files",
    ("libtrack/log/layout.h", "size of a page"): "a count of modules, and a mask of bits",
    ("libtrack/log/directory.cc", "size of a page"): "the log's format: segments begin at multiples of the smallest page",
    ("libtrack/log/live_table_reader.cc", "size of a page"): "how often to look, no seldomer than for each page",
    ("libtrack/profile/interning.cc", "size of a page"): "the tolerance in which two mappings are one",
    ("libtrack/symbolize/elf_file.cc", "size of a page"): "of the machine that was recorded, which the profile does not "
                                                         "say; segments made for larger pages are aligned to it too",
    ("libtrack/threads/module_memory.h", "size of a page"): "the piece that is read at once, no larger than any page",
    ("libtrack/threads/module_memory.cc", "size of a page"): "the piece that is read at once, and a limit of bytes",
    ("libtrack/threads/stack_copy.cc", "size of a page"): "the piece that is read at once, no larger than any page",
    ("libtrack/procfs/descriptor_names.cc", "size of a page"): "a buffer",
    ("preload/attach/page_writer.cc", "size of a page"): "a buffer",
    ("preload/attach/slot_list.cc", "size of a page"): "a count",
    ("preload/recorder/log/filtered_log.cc", "size of a page"): "a buffer",
    ("preload/recorder/packets/mqtt_clients.h", "size of a page"): "a count",
    ("preload/recorder/live/sampler.cc", "size of a page"): "a step of a generator of random numbers",
}

STRINGS_WITH_SLASHES = re.compile(r'"(?:[^"\\]|\\.)*"')


def without_comment(line):
    """`line` up to its // comment; slashes inside of strings do not count."""
    masked = STRINGS_WITH_SLASHES.sub(lambda text: "s" * len(text.group()), line)
    at = masked.find("//")
    return line if at < 0 else line[:at]


def scan(root):
    """(file, number, kind, line) of each line that knows a processor, and how many files were looked at."""
    found, looked_at = [], 0
    for path in sorted(p for name in ROOTS for p in (root / name).rglob("*") if p.suffix in SUFFIXES):
        source = path.relative_to(root).as_posix()
        looked_at += 1
        if PLACE.match(source):
            continue
        in_comment = False  # of the kind /* */
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = without_comment(line)
            if in_comment or code.lstrip().startswith("/*"):
                in_comment = "*/" not in code
                continue
            for what, (pattern, _) in KINDS.items():
                if pattern.search(code):
                    found.append((source, number, what, line.strip()))
    return found, looked_at


def check(root):
    """What is wrong with the tree, a line each, and how many sources were looked at."""
    found, looked_at = scan(root)
    lines = [f"{source}:{number}: {what}: {line}" for source, number, what, line in found
             if (source, what) not in EXCEPTIONS]
    used = {(source, what) for source, _, what, _ in found}
    lines += [f"{source}: nothing of the kind '{what}' is there any more: take the exception away"
              for source, what in EXCEPTIONS if (source, what) not in used]
    return lines, looked_at


def self_check():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        text = "".join(example + "\n" for _, example in KINDS.values())
        for source in ("preload/a.cc", "preload/a_x86_64.cc", "libtrack/threads/a_x86_64.h"):
            (root / source).parent.mkdir(parents=True, exist_ok=True)
            (root / source).write_text(text)
        harmless = '// rip, 4096 and asm in a comment\n/* so too: __x86_64__\n   rsp */\nconst char* where = "a//b";  // rax\n'
        (root / "preload/b.h").write_text(harmless)
        found, looked_at = scan(root)
        expected = {("preload/a.cc", number, what) for number, what in enumerate(KINDS, 1)}
        missed = expected - {(source, number, what) for source, number, what, _ in found}
        strangers = [entry for entry in found if entry[0] != "preload/a.cc"]
        unused = [line for line in check(root)[0] if "take the exception away" in line]
        if missed or strangers or looked_at != 4 or len(unused) != len(EXCEPTIONS):
            print("missed:", *sorted(missed), "found where nothing is:", *strangers, sep="\n  ")
            return 1
    return 0


if __name__ == "__main__":
    tree_check.run(check, self_check, "sources")
