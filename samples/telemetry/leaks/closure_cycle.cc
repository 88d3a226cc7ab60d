// --leak=closure: a request owns its completion callback, and the callback owns the request. Each keeps the other
// alive, and the reference count of neither reaches zero.
#include <array>
#include <functional>

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
  void OnReading(const Reading& reading) override { StartCalibration(reading); }

 private:
  void StartCalibration(const Reading& reading) {
    auto request = std::make_shared<CalibrationRequest>();
    request->measured = reading.value;
    reading.topic.copy(request->device.data(), request->device.size() - 1);
    request->on_done = [request] { request->corrected = request->measured + 0.5; };  // the leak: captures its owner
    request->on_done();
  }
};

}  // namespace

std::unique_ptr<Leak> MakeClosureCycle() { return std::make_unique<ClosureCycle>(); }

}  // namespace sample
