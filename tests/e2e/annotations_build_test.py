"""track/track.h as others compile and install it: every standard it promises, no dependency, next to no code."""
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd

INCLUDE = paths.SOURCE / "libtrack" / "include"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wshadow", "-Wconversion", "-Wundef"]
C_STANDARDS, CXX_STANDARDS = ("c99", "gnu99", "c11", "c17"), ("c++11", "c++14", "c++20")
VARIANTS = (["-O2"], ["-DMQTRACK_INERT"], ["-DMQTRACK_PORTABLE_LOOKUP"], ["-masm=intel"])
CXX_WARNINGS = ["-Wold-style-cast", "-Wzero-as-null-pointer-constant"]
PROGRAM = """
#include <track/track.h>

static int Work(int number) {
  MQTRACK_REGION("outer");
  {
    MQTRACK_REGION("inner");
    if (number > 0) return number;
  }
  mqtrack_acquire("lease", mqtrack_handle(3), 10);
  mqtrack_release("lease", mqtrack_handle(3));
  return mqtrack_is_recording();
}

int main(void) {
  static char token;
  mqtrack_region_enter(&token, "whole");
  mqtrack_region_leave(&token);
  return Work(0) + (mqtrack_snapshot("x") == 0) + (mqtrack_snapshot_error()[0] == 0);
}
"""
CMAKE_PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(service LANGUAGES C)
find_package(mqtrack 0.1 REQUIRED)
add_executable(service main.c)
target_link_libraries(service PRIVATE mqtrack::track)
"""


class AnnotationsBuildTest(EndToEnd):
    def run_tool(self, *command):
        done = subprocess.run([str(word) for word in command], cwd=self.folder, capture_output=True, text=True,
                              timeout=300)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def compile(self, compiler, standard, *options, source="main.c", output="program"):
        (self.folder / source).write_text(PROGRAM)
        self.run_tool(compiler, f"-std={standard}", *WARNINGS, *options, "-I", INCLUDE, source, "-o", output)

    def assert_compiles(self, c_compiler, cxx_compiler):
        for standard in C_STANDARDS:
            self.compile(c_compiler, standard, "-c")
        for standard in CXX_STANDARDS:
            self.compile(cxx_compiler, standard, *CXX_WARNINGS, "-c", source="main.cc")
        for variant in VARIANTS:
            self.compile(c_compiler, C_STANDARDS[0], *variant, output="c_program")
            self.compile(cxx_compiler, CXX_STANDARDS[0], *CXX_WARNINGS, *variant, source="main.cc", output="cxx_program")
            self.assertEqual(self.run_tool("./c_program") + self.run_tool("./cxx_program"), "")

    def test_gcc(self):
        self.assert_compiles("gcc", "g++")

    def test_clang(self):
        if shutil.which("clang") is None:
            self.skipTest("clang is not installed")
        self.assert_compiles("clang", "clang++")

    def test_nothing_is_needed(self):
        """No library, and no symbol that must be there."""
        for way in (["-fPIE", "-pie"], ["-fno-pie", "-no-pie"]):
            self.compile("gcc", "c99", "-O2", *way, "-Wl,-z,now")
            needed = re.findall(r"NEEDED.*\[(.*)\]", self.run_tool("readelf", "-dW", "program"))
            self.assertEqual(needed, ["libc.so.6"])
            references = [line.split() for line in self.run_tool("nm", "-D", "program").splitlines()
                          if "mqtrack" in line]
            self.assertEqual(len(references), 7)
            self.assertEqual({kind for kind, _ in references}, {"w"}, "weak, undefined")
            slots = [line for line in self.run_tool("readelf", "-rW", "program").splitlines() if "mqtrack" in line]
            self.assertEqual(len(slots), 7)
            for slot in slots:
                self.assertIn("R_X86_64_GLOB_DAT", slot)
        self.compile("gcc", "c99", "-static")
        self.assertEqual(self.run_tool("./program"), "")

    def test_other_linkers(self):
        tried = 0
        for linker in ("gold", "lld"):
            if shutil.which(f"ld.{linker}") is None:
                print(f"ld.{linker} is not installed")
                continue
            tried += 1
            for way in (["-fPIE", "-pie"], ["-fno-pie", "-no-pie"]):
                self.compile("gcc", "c99", "-O2", *way, f"-fuse-ld={linker}", "-Wl,--gc-sections")
                self.assertEqual(self.run_tool("readelf", "-rW", "program").count("mqtrack_v1_"), 7, (linker, way))
        if not tried:
            self.skipTest("neither gold nor lld is installed")

    def test_next_to_no_code(self):
        """A region costs two loads and two jumps, a few dozen bytes; switched off, nothing."""
        body = '#include <track/track.h>\nint F(int a); int F(int a) {{ {} return a * 3; }}\n'

        def size_of_function(text, *options):
            (self.folder / "f.c").write_text(body.format(text))
            self.run_tool("gcc", "-std=c99", "-O2", *options, "-I", INCLUDE, "-c", "f.c", "-o", "f.o")
            [line] = [line for line in self.run_tool("nm", "-S", "f.o").splitlines() if line.endswith(" F")]
            return int(line.split()[1], 16)

        plain, region = size_of_function(""), 'MQTRACK_REGION("decode");'
        self.assertEqual(size_of_function(region, "-DMQTRACK_INERT"), plain)
        self.assertLess(size_of_function(region), plain + 112)

    def test_installed(self):
        """find_package and pkg-config find it below any prefix."""
        build = pathlib.Path(paths.MQTRACK).resolve().parents[1]
        prefix, project = self.folder / "prefix", self.folder / "project"
        self.run_tool("cmake", "--install", build / "libtrack" / "include", "--prefix", prefix)
        project.mkdir()
        (project / "main.c").write_text(PROGRAM)
        (project / "CMakeLists.txt").write_text(CMAKE_PROJECT)
        self.run_tool("cmake", "-G", "Ninja", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
        self.run_tool("cmake", "--build", project / "build")
        self.assertEqual(self.run_tool(project / "build" / "service"), "")
        if shutil.which("pkg-config") is None:
            self.skipTest("pkg-config is not installed")
        done = subprocess.run(["pkg-config", "--cflags", "mqtrack"], capture_output=True, text=True, check=True,
                              env={**self.environment, "PKG_CONFIG_PATH": str(prefix / "share" / "pkgconfig")})
        self.run_tool("gcc", *done.stdout.split(), project / "main.c", "-o", "service")
        self.assertEqual(self.run_tool("./service"), "")


if __name__ == "__main__":
    unittest.main()
