// One client's connection to a broker, as far as what goes over it changes what the broker has to hold. Fed with the
// bytes of both directions, in pieces of any size; tells the balance sheet.
//
// A client is accepted by the broker's CONNACK, or by what it sends before that could be seen: one that is refused has
// no session. A subscription counts from the SUBSCRIBE on, and goes again if the SUBACK refuses it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "preload/recorder/broker/body_fields.h"
#include "preload/recorder/broker/broker_sheet.h"
#include "preload/recorder/packets/packet_follower.h"
#include "preload/recorder/packets/packet_frame.h"

namespace mqtrack::recorder {

/// All zero: nothing has been read yet. Read belongs to the thread that reads from the connection, the members named
/// Sent to the one that writes to it; Closed may be called by any.
class ClientLink {
 public:
  /// A connection that is met in its middle, between two packets: of it only retained messages are followed. `version`:
  /// of MQTT, 3 to 5.
  void Join(BrokerSheet& sheet, std::uint8_t version);
  /// The next bytes that were read from the connection. After what is no packet, nothing more is followed.
  void Read(BrokerSheet& sheet, const void* bytes, std::size_t count);
  /// True if of the packet that begins with this byte, between two packets, nothing matters but the identifier of a
  /// PUBACK: then it need not be read, and Acknowledged says that.
  [[nodiscard]] bool MaySkip(unsigned char first) const;
  void Acknowledged(BrokerSheet& sheet, std::uint16_t packet) { sheet.Acknowledged(session_, packet); }
  /// A packet that was skipped until here is read from here on.
  void Resume(BrokerSheet& sheet, const PacketFrame& frame);
  /// The connection has ended.
  void Closed(BrokerSheet& sheet) { Leave(sheet); }

  /// The packets that the broker writes, as WalkPackets tells of them.
  void SentBegin(const PacketFrame& frame);
  void SentBody(BrokerSheet& sheet, const PacketFrame& frame, const unsigned char* bytes, std::size_t count);
  void SentEnd(BrokerSheet& sheet, const PacketFrame& frame);

 private:
  enum Phase : std::uint32_t {
    kNew = 0,
    kAsking = 1,    // CONNECT is complete
    kEntering = 2,  // a thread is telling the sheet of it
    kAccepted = 3,
    kEnded = 4
  };
  static constexpr unsigned kAliases = 16, kFilters = 8;
  static constexpr std::uint8_t kDone = 100;  // a step after all others
  struct ReadPackets;

  /// A body that is being read field by field.
  struct Body {
    BodyFields fields;
    std::uint64_t text;    // hash of the text that matters
    std::uint32_t number;  // the number that matters: a code, or how many codes there were
    std::uint16_t packet;  // identifier
    std::uint16_t alias;
    std::uint8_t step;       // fields that are complete
    std::uint8_t is_over;    // nothing more of it matters
    std::uint8_t has_topic;  // it is not empty
    std::uint8_t has_payload;
    std::uint8_t expires;
  };

  void BeginRead(BrokerSheet& sheet, const PacketFrame& frame);
  void ReadBody(BrokerSheet& sheet, const PacketFrame& frame, const unsigned char* bytes, std::size_t count);
  void EndRead(BrokerSheet& sheet, const PacketFrame& frame);
  void AfterReadField(BrokerSheet& sheet, const PacketFrame& frame);
  void AfterConnectField();
  void AfterPublishField(const PacketFrame& frame);
  void AfterFilterField(BrokerSheet& sheet, bool subscribes);
  void OnReadProperty(const PacketFrame& frame);
  void AfterSentField(BrokerSheet& sheet, const PacketFrame& frame);
  void OnSentProperty(const PacketFrame& frame);

  void Asks(BrokerSheet& sheet);
  void Accept(BrokerSheet& sheet, BrokerSheet::Known known);
  void Refuse(BrokerSheet& sheet);
  void Leave(BrokerSheet& sheet);
  void LeaveNow(BrokerSheet& sheet);
  void Disconnects(BrokerSheet& sheet);
  void Publishes(BrokerSheet& sheet, const PacketFrame& frame);
  void TakeCode(BrokerSheet& sheet, std::uint32_t code, PacketType type);
  void DropWill(BrokerSheet& sheet);

  // First what every packet needs.
  std::uint32_t phase_;  // Phase
  std::uint8_t version_;
  std::uint8_t is_lost_, is_joined_;
  std::uint8_t connect_flags_;
  SessionRef session_;
  PacketFrame frame_;
  Body read_, sent_;
  std::uint64_t connection_;  // the sheet's number of it
  std::uint64_t client_, will_topic_;
  std::uint32_t has_will_;  // the sheet was told of it
  std::uint32_t expiry_;    // of the session, in seconds after the connection's end
  std::uint32_t will_delay_;
  std::uint8_t has_id_, is_will_empty_;
  std::uint16_t filters_of_;  // the SUBSCRIBE that the next are of
  std::uint16_t filter_count_;
  std::uint64_t new_filters_[kFilters];  // 0: it was there before
  std::uint16_t aliases_[kAliases];      // by alias modulo kAliases; 0: none
  std::uint64_t alias_topics_[kAliases];
};
static_assert(std::is_trivially_copyable_v<ClientLink> && sizeof(ClientLink) <= 512);

}  // namespace mqtrack::recorder
