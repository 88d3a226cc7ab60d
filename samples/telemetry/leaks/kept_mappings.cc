// --leak=mapping: every reading is spooled in a file of its own that is mapped into memory. The file is closed at once,
// but closing it unmaps nothing.
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

constexpr std::size_t kSpoolBytes = 64 * 1024;

class KeptMappings : public Leak {
 public:
  explicit KeptMappings(bool repaired) : repaired_(repaired) {}
  ~KeptMappings() override {
    for (char* spool : spools_) munmap(spool, kSpoolBytes);
  }
  void OnReading(const Reading& reading) override { SpoolReading(reading); }

 private:
  void SpoolReading(const Reading& reading) {
    const int fd = memfd_create("spool", MFD_CLOEXEC);
    if (fd < 0) return;
    if (ftruncate(fd, kSpoolBytes) == 0) {
      void* memory = mmap(nullptr, kSpoolBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      if (memory != MAP_FAILED) {
        spools_.push_back(static_cast<char*>(memory));  // the leak: unmapped only when the service ends
        reading.topic.copy(spools_.back(), kSpoolBytes - 1);
        if (repaired_) Unmap();  // the repair: what is in the file needs no mapping any more
      }
    }
    close(fd);
  }

  void Unmap() {
    munmap(spools_.back(), kSpoolBytes);
    spools_.pop_back();
  }

  const bool repaired_;
  std::vector<char*> spools_;
};

}  // namespace

std::unique_ptr<Leak> MakeKeptMappings(bool repaired) { return std::make_unique<KeptMappings>(repaired); }

}  // namespace sample
