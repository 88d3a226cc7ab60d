// Any bytes as a log: opened, read as of a running and as of a dead process, and turned into a profile.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "libtrack/log/reader.h"
#include "libtrack/snapshot/snapshot.h"
#include "libtrack/support/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mqtrack::support::FileHandle;
  using mqtrack::support::MappedFile;
  const FileHandle file(::memfd_create("log", MFD_CLOEXEC));
  if (!file.valid() || ::write(file.get(), data, size) != static_cast<ssize_t>(size)) std::abort();
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  auto reader = mqtrack::log::LogReader::Open(path, MappedFile::Access::kReadWrite);
  if (!reader) return 0;
  reader->AdvanceGeneration();
  for (const bool alive : {false, true}) {
    const auto content = reader->Read(alive);
    if (content && mqtrack::snapshot::BuildProfile(*content).sample_types.size() < 4) std::abort();
  }
  return 0;
}
