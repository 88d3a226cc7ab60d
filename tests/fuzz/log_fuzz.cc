// Any bytes as a log: opened, read as of a running and as of a dead process, and turned into a profile. The input is a
// sparse image of the log (sparse_image.h). Nothing is waited for: in such a log no writer will ever leave a bucket
// that it seems to be in, and a reader's patience is 0.3 s. Waiting is tested in
// tests/unit/log/concurrent_read_test.cc.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "libtrack/log/reader.h"
#include "libtrack/snapshot/build_profile.h"
#include "sparse_mutation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const mqtrack::fuzz::Image log = mqtrack::fuzz::ReadSparse(data, size);
  const std::span bytes(reinterpret_cast<std::byte*>(log.bytes.get()), log.size);
  auto reader = mqtrack::log::LogReader::OpenBytes(bytes, "fuzz");
  if (!reader) return 0;
  reader->AdvanceGeneration();
  constexpr mqtrack::log::Patience kOneLook = {.spins = 1, .yields = 0, .sleeps_per_bucket = 0, .sleeps_in_all = 0};
  using mqtrack::log::Blocks;
  for (const Blocks blocks : {Blocks::kEach, Blocks::kSummed}) {
    const auto content = reader->Read(blocks == Blocks::kEach, blocks, kOneLook);
    if (content && mqtrack::snapshot::BuildProfile(*content).sample_types.empty()) std::abort();
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return mqtrack::fuzz::MutateSparse(data, size, max_size, seed);
}
