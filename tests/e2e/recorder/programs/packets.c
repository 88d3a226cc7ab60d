/* MQTT over every call that reads and writes, on both sides of a connection. What is made while the n-th call's message
   is handled is one block of 50000 + n bytes by the server, 60000 + n by the client. Says "ready", and ends when its
   standard input does. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t __read_chk(int, void*, size_t, size_t);
ssize_t __recv_chk(int, void*, size_t, size_t, int);
ssize_t __recvfrom_chk(int, void*, size_t, size_t, int, struct sockaddr*, socklen_t*);

/* Into two pieces, so that the packet's head is divided. */
enum { kFirstPiece = 5 };

static ssize_t ReadPlain(int fd, char* to, size_t room) { return read(fd, to, room); }
static ssize_t ReadChecked(int fd, char* to, size_t room) { return __read_chk(fd, to, room, room); }
static ssize_t Recv(int fd, char* to, size_t room) { return recv(fd, to, room, 0); }
static ssize_t RecvChecked(int fd, char* to, size_t room) { return __recv_chk(fd, to, room, room, 0); }
static ssize_t RecvPeeked(int fd, char* to, size_t room) {
  if (recv(fd, to, room, MSG_PEEK) <= 0) return -1;
  return recv(fd, to, room, 0);
}
static ssize_t RecvFrom(int fd, char* to, size_t room) { return recvfrom(fd, to, room, 0, NULL, NULL); }
static ssize_t RecvFromChecked(int fd, char* to, size_t room) {
  return __recvfrom_chk(fd, to, room, room, 0, NULL, NULL);
}
static ssize_t ReadV(int fd, char* to, size_t room) {
  const struct iovec pieces[2] = {{to, kFirstPiece}, {to + kFirstPiece, room - kFirstPiece}};
  return readv(fd, pieces, 2);
}
static ssize_t RecvMsg(int fd, char* to, size_t room) {
  struct iovec pieces[2] = {{to, kFirstPiece}, {to + kFirstPiece, room - kFirstPiece}};
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
  return recvmsg(fd, &message, 0);
}
static ssize_t RecvMmsg(int fd, char* to, size_t room) {
  struct iovec pieces[2] = {{to, kFirstPiece}, {to + kFirstPiece, room - kFirstPiece}};
  struct mmsghdr message = {.msg_hdr = {.msg_iov = pieces, .msg_iovlen = 2}};
  return recvmmsg(fd, &message, 1, 0, NULL) == 1 ? (ssize_t)message.msg_len : -1;
}
static ssize_t ByteByByte(int fd, char* to, size_t room) {
  ssize_t got = 0;
  while ((size_t)got < room && recv(fd, to + got, 1, got == 0 ? 0 : MSG_DONTWAIT) == 1) ++got;
  return got;
}
static ssize_t (*const readers[])(int, char*, size_t) = {ReadPlain, ReadChecked,     Recv,  RecvChecked, RecvPeeked,
                                                         RecvFrom,  RecvFromChecked, ReadV, RecvMsg,     RecvMmsg,
                                                         ByteByByte};
enum { kReaders = sizeof readers / sizeof readers[0] };

static ssize_t WritePlain(int fd, const char* from, size_t bytes) { return write(fd, from, bytes); }
static ssize_t Send(int fd, const char* from, size_t bytes) { return send(fd, from, bytes, MSG_NOSIGNAL); }
static ssize_t SendTo(int fd, const char* from, size_t bytes) { return sendto(fd, from, bytes, 0, NULL, 0); }
static ssize_t WriteV(int fd, const char* from, size_t bytes) {
  const struct iovec pieces[2] = {{(char*)from, kFirstPiece}, {(char*)from + kFirstPiece, bytes - kFirstPiece}};
  return writev(fd, pieces, 2);
}
static ssize_t SendMsg(int fd, const char* from, size_t bytes) {
  struct iovec pieces[2] = {{(char*)from, kFirstPiece}, {(char*)from + kFirstPiece, bytes - kFirstPiece}};
  const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
  return sendmsg(fd, &message, 0);
}
static ssize_t WriteInPieces(int fd, const char* from, size_t bytes) {
  for (size_t at = 0; at < bytes; ++at) {
    if (write(fd, from + at, 1) != 1) return -1;
  }
  return (ssize_t)bytes;
}
static ssize_t (*const writers[])(int, const char*, size_t) = {WritePlain, Send,    SendTo,
                                                               WriteV,     SendMsg, WriteInPieces};
enum { kWriters = sizeof writers / sizeof writers[0] };

static void Fail(const char* what, int number) {
  fprintf(stderr, "%s %d\n", what, number);
  exit(1);
}

static char buffer[256];
static void Read(int fd, int reader) {
  if (readers[reader](fd, buffer, sizeof buffer) <= 0) Fail("cannot read by call", reader);
}
static void Write(int fd, int writer, const char* packet, size_t bytes) {
  if (writers[writer](fd, packet, bytes) != (ssize_t)bytes) Fail("cannot write by call", writer);
}

/* Both ends of a connection, and the same numbers each time. */
static void Serve(int number, int reader, int writer) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) exit(1);
  char connect[64], publish[64];
  const size_t connect_bytes = (size_t)snprintf(connect, sizeof connect, "%c%c%c%cMQTT%c%c%c%c%c%cdevice-%02d", 0x10,
                                                21, 0, 4, 4, 2, 0, 60, 0, 9, number);
  const size_t publish_bytes =
      (size_t)snprintf(publish, sizeof publish, "%c%c%c%croom/%02d/light%c", 0x30, 16, 0, 13, number, 'x');
  Write(ends[0], writer, connect, connect_bytes);
  Read(ends[1], reader);
  Write(ends[1], 0, "\x20\x02\0", 4);
  Read(ends[0], reader);
  Write(ends[0], writer, publish, publish_bytes);
  Read(ends[1], reader);
  if (malloc(50000 + (size_t)number) == NULL) exit(1);
  Write(ends[1], 0, publish, publish_bytes);
  Read(ends[0], reader);
  if (malloc(60000 + (size_t)number) == NULL) exit(1);
  close(ends[0]);
  close(ends[1]);
}

/* Connections that begin as MQTT and go on as anything, read and written in pieces of any size by calls of any kind.
   What came is what was sent. */
static unsigned long state = 1;
static unsigned Random(unsigned below) {
  state = state * 6364136223846793005ul + 1442695040888963407ul;
  return (unsigned)(state >> 33) % below;
}
static void Hostile(unsigned seed) {
  static const char kStarts[][16] = {"\x10\x0e\0\4MQTT\4\2\0\x3c\0\2ab",
                                     "\x10\xff\xff\xff\x7f\0\4MQTT\5\2",
                                     "\x20\x02",
                                     "\x10",
                                     "\x10\x80\x80\x80\x80",
                                     "\x10\x0e\0\6MQIsdp\3\2\0\x3c\xff\xff",
                                     "\x30\x05\xff\xff"};
  enum { kStartKinds = sizeof kStarts / sizeof kStarts[0], kBytes = 3000 };
  char sent[kBytes], got[kBytes];
  int ends[2];
  state = seed;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) exit(1);
  for (int i = 0; i < kBytes; ++i)
    sent[i] = (char)(Random(3) == 0 ? Random(256) : "\x30\x10\x20\x82\0\1\2\4\xff"[Random(9)]);
  memcpy(sent, kStarts[Random(kStartKinds)], sizeof kStarts[0]);
  for (int at = 0; at < kBytes;) {
    int bytes = kFirstPiece + 1 + (int)Random(150);
    if (bytes > kBytes - at) bytes = kBytes - at;
    const int writer = bytes > kFirstPiece ? (int)Random(kWriters) : 0;
    if (writers[writer](ends[0], sent + at, (size_t)bytes) != bytes) Fail("cannot write by call", writer);
    for (int read = 0; read < bytes;) {
      const int room = bytes - read;
      const int reader = room > kFirstPiece ? (int)Random(kReaders) : 0;
      const ssize_t some =
          readers[reader](ends[1], got + at + read, (size_t)(room > kFirstPiece + 1 ? room - (int)Random(2) : room));
      if (some <= 0) Fail("cannot read by call", reader);
      read += (int)some;
      free(malloc(100)); /* whose is it? */
    }
    at += bytes;
  }
  if (memcmp(sent, got, kBytes) != 0) Fail("other bytes came than were sent, with seed", (int)seed);
  close(ends[0]);
  close(ends[1]);
}

int main(int argc, char** argv) {
  if (argc == 2) { /* how many hostile connections */
    for (int seed = 1; seed <= atoi(argv[1]); ++seed) Hostile((unsigned)seed);
    puts("all came as sent");
    return 0;
  }
  int number = 10; /* two digits */
  for (int reader = 0; reader < kReaders; ++reader) Serve(number++, reader, 0);
  for (int writer = 0; writer < kWriters; ++writer) Serve(number++, 0, writer);
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
