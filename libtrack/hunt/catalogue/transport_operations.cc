// What happens below MQTT: TLS, web sockets, unix sockets, and listeners that refuse.
#include "libtrack/hunt/catalogue/transport_operations.h"

#include <string>

#include "libtrack/hunt/catalogue/chapter.h"

namespace mqtrack::hunt {
namespace {

using mqtt::Packet;
using mqtt::Type;
using mqtt::Version;
using namespace std::string_literals;

/// The first bytes of a client's handshake of TLS 1.2, cut off.
const std::string kHalfHello = "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03hello"s;

void AddThrough(Door door, const std::string& name, std::vector<Operation>& to) {
  for (const Version version : kVersions) {
    const Chapter chapter(name, version, to);
    Script first = chapter.Begin("disconnect");
    const Packet connect = first.ConnectPacket();
    chapter.Add(first.Connect(connect, door).Disconnect());
    chapter.Add(chapter.Begin("fin").Connect(connect, door).Finish());
    chapter.Add(chapter.Begin("rst").Connect(connect, door).Reset());
    chapter.Add(chapter.Begin("nothing").Open(door).Finish());
    chapter.Add(chapter.Begin("nothing.rst").Open(door).Reset());
    chapter.Add(chapter.Begin("half-connect").Open(door).Raw("\x10\x20\0\x04MQ"s).Sync().Finish());
    chapter.Add(chapter.Begin("half-connect.rst").Open(door).Raw("\x10\x20\0\x04MQ"s).Sync().Reset());
    chapter.Add(chapter.Begin("malformed").Connect(connect, door).Raw("\x36\x02\0\0"s).Settle().Finish());
    chapter.Add(chapter.Begin("no-connect").Open(door).Raw("\xc0\0"s).Sync().Finish());
    chapter.Add(chapter.Begin("half-packet").Connect(connect, door).Raw("\x30\xe8\x07\0\x04half"s).Sync().Finish());
    chapter.Add(chapter.Begin("half-packet.rst").Connect(connect, door).Raw("\x30\xe8\x07\0\x04half"s).Sync().Reset());
    for (std::uint8_t qos = 0; qos < 3; ++qos) {
      Script script = chapter.Begin("echo.qos" + std::to_string(qos));
      script.Connect(connect, door).Subscribe(RoundTopic(), 0).Publish(RoundTopic(), std::string(20'000, 'm'), qos);
      chapter.Add(script.Disconnect());
    }
  }
}

void AddTlsFailures(std::vector<Operation>& to) {
  const Chapter chapter("tls", Version::k311, to);
  chapter.Add(chapter.Begin("handshake.no-common-cipher").Open(Door::kTlsNoCipher).Finish());
  chapter.Add(chapter.Begin("handshake.no-tls")
                  .Open(Door::kTlsAsPlain)
                  .Raw("this is no TLS record at all\r\n")
                  .Sync()
                  .Finish());
  chapter.Add(chapter.Begin("handshake.nothing").Open(Door::kTlsAsPlain).Sync().Finish());
  chapter.Add(chapter.Begin("handshake.nothing.rst").Open(Door::kTlsAsPlain).Sync().Reset());
  chapter.Add(chapter.Begin("handshake.half-hello").Open(Door::kTlsAsPlain).Raw(kHalfHello).Sync().Finish());
  chapter.Add(chapter.Begin("handshake.half-hello.rst").Open(Door::kTlsAsPlain).Raw(kHalfHello).Sync().Reset());
  chapter.Add(
      chapter.Begin("handshake.record-too-long").Open(Door::kTlsAsPlain).Raw("\x16\x03\x01\xff\xff"s).Sync().Finish());
  chapter.Add(chapter.Begin("handshake.mqtt-instead")
                  .Open(Door::kTlsAsPlain)
                  .Raw("\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01x"s)
                  .Sync()
                  .Finish());
  chapter.Add(chapter.Begin("certificate.shown")
                  .Open(Door::kTlsCertificate)
                  .Send(chapter.Begin("").ConnectPacket())
                  .Settle()
                  .Finish());
  chapter.Add(chapter.Begin("certificate.missing")
                  .Open(Door::kTlsNoCertificate)
                  .Send(chapter.Begin("").ConnectPacket())
                  .Settle()
                  .Finish());
  for (const Door door : {Door::kTlsNoTickets, Door::kTlsResumed}) {
    const std::string name = door == Door::kTlsResumed ? "session.resumed" : "session.kept-by-server";
    chapter.Add(chapter.Begin(name).Connect(chapter.Begin("").ConnectPacket(), door).Disconnect());
  }
}

void AddWebSocketFailures(std::vector<Operation>& to) {
  const Chapter chapter("websocket", Version::k311, to);
  const auto raw = [&](const char* name, const std::string& bytes) {
    chapter.Add(chapter.Begin(name).Open(Door::kWebSocketAsPlain).Raw(bytes).Sync().Finish());
    chapter.Add(chapter.Begin(std::string(name) + ".rst").Open(Door::kWebSocketAsPlain).Raw(bytes).Sync().Reset());
  };
  const std::string get = "GET /mqtt HTTP/1.1\r\nHost: broker\r\n";
  const std::string upgrade =
      get + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  raw("handshake.no-http", "this is no HTTP at all\r\n\r\n");
  raw("handshake.half", upgrade);
  raw("handshake.no-upgrade", get + "\r\n");
  raw("handshake.post", "POST /mqtt HTTP/1.1\r\nHost: broker\r\nContent-Length: 3\r\n\r\nabc");
  raw("handshake.no-protocol", upgrade + "Sec-WebSocket-Version: 13\r\n\r\n");
  raw("handshake.wrong-protocol", upgrade + "Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Version: 13\r\n\r\n");
  raw("handshake.long-header", get + "X: " + std::string(5'000, 'x') + "\r\n\r\n");
  raw("handshake.mqtt-instead", "\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01x"s);
  const std::string open = upgrade + "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n";
  raw("frame.half", open + "\x82\x8e"s);
  raw("frame.not-masked", open + "\x82\x02\xc0\0"s);
  raw("frame.text", open + "\x81\x82\0\0\0\0\xc0\0"s);
  raw("frame.reserved-opcode", open + "\x83\x82\0\0\0\0\xc0\0"s);
  raw("frame.huge", open + "\x82\xff\0\0\0\x7f\xff\xff\xff\xff\0\0\0\0"s);
  raw("frame.close", open + "\x88\x80\0\0\0\0"s);
  raw("frame.ping", open + "\x89\x84\0\0\0\0ping"s);
}

}  // namespace

void AddTransports(std::vector<Operation>& to) {
  AddThrough(Door::kTls, "tls", to);
  AddThrough(Door::kWebSocket, "websocket", to);
  AddThrough(Door::kUnix, "unix", to);
  AddTlsFailures(to);
  AddWebSocketFailures(to);
  for (const Version version : kVersions) {
    const Chapter chapter("listener", version, to);
    Script full = chapter.Begin("full");
    full.Connect(full.ConnectPacket(), Door::kOnlyOne).As(1).Open(Door::kOnlyOne).Send(full.ConnectPacket());
    chapter.Add(full.Sync().Finish().As(0).Disconnect());
  }
}

}  // namespace mqtrack::hunt
