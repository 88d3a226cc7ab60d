// Any bytes as the tar archive within a bundle: no more is handed out than was said, and no name leads out of it.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libtrack/bundle/bundle_names.h"
#include "libtrack/bundle/tar_reader.h"
#include "libtrack/support/file.h"
#include "libtrack/support/gzip.h"

namespace {

using namespace mqtrack;  // a program of one page

constexpr std::uint64_t kMostBytes = 1 << 20;

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string packed = support::Gzip({reinterpret_cast<const char*>(data), size});
  const support::FileHandle file(::memfd_create("bundle", MFD_CLOEXEC));
  Check(file.valid() && ::write(file.get(), packed.data(), packed.size()) == static_cast<ssize_t>(packed.size()));
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  std::uint64_t said = 0, given = 0, all = 0;
  const bundle::TarVisitor visitor = {[&](const std::string& name, std::uint64_t bytes) -> support::Status {
                                        Check(given == said);
                                        said = bytes;
                                        given = 0;
                                        const std::string inner = bundle::InnerName(name);
                                        Check(inner.find("..") == std::string::npos && !inner.starts_with('/'));
                                        return {};
                                      },
                                      [&](std::string_view piece) -> support::Status {
                                        given += piece.size();
                                        all += piece.size();
                                        Check(given <= said && all <= kMostBytes);
                                        return {};
                                      }};
  const support::Status status = bundle::ReadTar(path, kMostBytes, 64, visitor);
  Check(status.ok() ? given == said : !status.error().text.empty());
  (void)bundle::IsGzippedTar(path);
  return 0;
}
