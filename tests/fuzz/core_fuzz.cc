// Any bytes as a core file: opened, its log looked for and read, its memory made a graph. The input is a sparse image
// of the file (sparse_image.h). core_corpus.cc writes the corpus.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "libtrack/heapgraph/capture/core_target.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/heap_graph.h"
#include "libtrack/heapgraph/lost_blocks.h"
#include "libtrack/support/file.h"
#include "sparse_mutation.h"

namespace {

using namespace mqtrack;  // a program of one page

void LookAt(const std::string& path) {
  // Nobody's logs are looked for: there is no such folder.
  const auto target = heapgraph::OpenCoreTarget(path, std::nullopt, "/nonexistent");
  if (!target) {
    if (target.error().text.empty()) std::abort();
    return;
  }
  heapgraph::CaptureOptions options;
  options.core = *target;
  (void)heapgraph::WithCapture(
      (*target)->process, options,
      [](const heapgraph::HeapCapture& capture, const heapgraph::MemorySource& memory) -> support::Status {
        const auto graph = heapgraph::BuildHeapGraph(capture, memory);
        if (!graph) return graph.error();
        const heapgraph::LostBlocks lost = heapgraph::FindLostBlocks(*graph, capture.blocks);
        if (lost.blocks > capture.blocks.size()) std::abort();
        return {};
      });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Image image = fuzz::ReadSparse(data, size);
  const support::FileHandle file(::memfd_create("core_fuzz", MFD_CLOEXEC));
  if (!file.valid() || ::write(file.get(), image.bytes.get(), image.size) != static_cast<ssize_t>(image.size)) return 0;
  LookAt("/proc/self/fd/" + std::to_string(file.get()));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return fuzz::MutateSparse(data, size, max_size, seed);
}
