#include "libtrack/profile/formats/foreign_file.h"

#include <array>

namespace mqtrack::profile {
namespace {

struct Kind {
  std::string_view mark;
  bool anywhere;  // in the first kilobytes, else at the start
  const char* description;
};

constexpr std::array<Kind, 19> kKinds = {{
    {"--- threadz ", false,
     "is a list of threads (threadz), which is not read; `go tool pprof -proto` makes a .pb.gz of it"},
    {"--- Thread ", false,
     "is a list of threads (threadz), which is not read; `go tool pprof -proto` makes a .pb.gz of it"},
    {"--- Stacks:", false,
     "is a contention profile of a form that mixes up locks and condition variables, which is not read; newer versions "
     "of its writer begin with '--- contention'"},
    {"go 1.", false, "is an execution trace of Go, not a profile; fetch /debug/pprof/heap or /debug/pprof/goroutine"},
    {"JAVA PROFILE ", false,
     "is a heap dump of Java (hprof), which holds objects and no allocation stacks; sample allocations with "
     "async-profiler and convert its recording to pprof"},
    {std::string_view("FLR\0", 4), false,
     "is a recording of Java Flight Recorder, which is not read; async-profiler's jfrconv makes a .pb.gz of it (-o "
     "pprof)"},
    {"PERFILE2", false, "is a recording of perf, which is not read; perf_to_profile makes a pprof profile of it"},
    {"desc: ", false,
     "is a massif file of valgrind, which is not read; ms_print shows it, and `mqtrack run` records the same"},
    {"version: 1\ncreator: callgrind", true, "is a callgrind file, which is not read; callgrind_annotate shows it"},
    {"# callgrind format", false, "is a callgrind file, which is not read; callgrind_annotate shows it"},
    {"events: ", false, "is a callgrind file, which is not read; callgrind_annotate shows it"},
    {"{\"dhatFileVersion\"", false, "is a file of DHAT, which is not read; its viewer is dh_view.html of valgrind"},
    {"{\"snapshot\":", false,
     "is a heap snapshot of V8, which holds objects and no allocation stacks; start node with --heap-prof or use the "
     "package pprof for a .pb.gz"},
    {"{\"head\":", false, "is a .heapprofile of V8, which is not read; the package pprof of node writes a .pb.gz"},
    {"{\"nodes\":", false, "is a .cpuprofile of V8, which is not read; the package pprof of node writes a .pb.gz"},
    {"___ Begin jemalloc statistics ___", true,
     "holds jemalloc's statistics, which have no stacks; MALLOC_CONF=prof:true and the mallctl prof.dump make a heap "
     "file"},
    {"heaptrack", true, "is a recording of heaptrack, which is not read; heaptrack_print -F makes folded stacks of it"},
    {"<!DOCTYPE", false,
     "is a web page, not a profile; of a Go service fetch /debug/pprof/heap or /debug/pprof/goroutine"},
    {"<html", false, "is a web page, not a profile; of a Go service fetch /debug/pprof/heap or /debug/pprof/goroutine"},
}};

}  // namespace

std::optional<std::string> DescribeForeignFile(std::string_view bytes) {
  constexpr std::size_t kEnough = 4000;  // what a mark may stand behind
  const std::size_t start = bytes.find_first_not_of(" \r\n");
  if (start == std::string_view::npos) return std::nullopt;
  bytes = bytes.substr(start, kEnough);
  for (const Kind& kind : kKinds) {
    const std::size_t at = bytes.find(kind.mark);
    if (at == 0 || (kind.anywhere && at != std::string_view::npos)) return kind.description;
  }
  return std::nullopt;
}

const char* AcceptedProfiles() {
  return "pprof profiles (.pb.gz or raw), heap files of gperftools and jemalloc, also with the names of `pprof --raw`, "
         "CPU "
         "and contention profiles of gperftools, Java's heapz, and Go's debug=1 and debug=2 text";
}

}  // namespace mqtrack::profile
