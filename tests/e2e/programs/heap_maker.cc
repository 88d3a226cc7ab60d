// heap_maker: keeps 200 reports of 1000 bytes, dumps its heap, keeps 300 more, and dumps it again. The dumps are made
// by the allocator that was preloaded: gperftools (SIGUSR2 as HEAPPROFILESIGNAL) or jemalloc (mallctl "prof.dump").
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

extern "C" [[gnu::weak]] int mallctl(const char* name, void* old, std::size_t* old_bytes, void* value,
                                     std::size_t bytes);

namespace {

constexpr std::size_t kReportBytes = 1000;

std::vector<char*> reports;

[[gnu::noinline]] void KeepReport() {
  char* const report = static_cast<char*>(std::malloc(kReportBytes));
  report[0] = 'r';
  reports[reports.size() - 1] = report;
}

void KeepReports(int count) {
  for (int i = 0; i < count; ++i) {
    reports.push_back(nullptr);
    KeepReport();
  }
}

void DumpHeap(const char* file) {
  if (mallctl != nullptr) {
    if (mallctl("prof.dump", nullptr, nullptr, &file, sizeof file) != 0) std::exit(1);
  } else {
    std::raise(SIGUSR2);
  }
}

}  // namespace

int main() {
  reports.reserve(1000);
  KeepReports(200);
  DumpHeap("first.heap");
  KeepReports(300);
  DumpHeap("second.heap");
  std::puts("dumped");
}
