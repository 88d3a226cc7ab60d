// --leak=closure: a request owns its completion callback, and the callback owns the request. Each keeps the other
// alive, and the reference count of neither reaches zero.
#include <array>
#include <functional>
#include <memory>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

struct CalibrationRequest {
  double measured = 0;
  double corrected = 0;
  std::array<char, 128> device{};
  std::function<void()> on_done;
};

class ClosureCycle : public Leak {
 public:
  explicit ClosureCycle(bool repaired) : repaired_(repaired) {}
  void OnReading(const Reading& reading) override { StartCalibration(reading); }

 private:
  void StartCalibration(const Reading& reading) {
    auto request = std::make_shared<CalibrationRequest>();
    request->measured = reading.value;
    reading.topic.copy(request->device.data(), request->device.size() - 1);
    if (repaired_) {  // the repair: the callback does not own whom it belongs to
      request->on_done = [of = std::weak_ptr(request)] {
        if (const auto done = of.lock()) done->corrected = done->measured + 0.5;
      };
    } else {
      request->on_done = [request] { request->corrected = request->measured + 0.5; };  // the leak: captures its owner
    }
    request->on_done();
  }

  const bool repaired_;
};

}  // namespace

std::unique_ptr<Leak> MakeClosureCycle(bool repaired) { return std::make_unique<ClosureCycle>(repaired); }

}  // namespace sample
