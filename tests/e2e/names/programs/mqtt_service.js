// A service in plain JavaScript that takes PUBLISH of QoS 1 from MQTT clients and forgets a buffer for each. For a
// payload that begins with "?" it says by which functions it came there. Prints its port; ends with its standard input.
'use strict';
const net = require('net');

const BYTES = Number(process.argv[2]);
const kept = [];
Error.stackTraceLimit = 100;

function keepPayload(asks) {
  kept.push(Buffer.allocUnsafeSlow(BYTES));
  if (asks) process.stdout.write(JSON.stringify(new Error('here').stack) + '\n');
}

function onPublish(socket, body) {
  const topicBytes = body.readUInt16BE(0);
  keepPayload(body[topicBytes + 4] === '?'.charCodeAt(0));
  socket.write(Buffer.from([0x40, 2, body[topicBytes + 2], body[topicBytes + 3]]));
}

class Connection {
  constructor(socket) {
    this.socket = socket;
    this.input = Buffer.alloc(0);
    socket.on('data', (data) => this.onData(data));
    socket.on('error', () => {});
  }

  onData(data) {
    this.input = Buffer.concat([this.input, data]);
    while (this.input.length >= 2 && this.input.length >= 2 + this.input[1]) {
      const body = this.input.subarray(2, 2 + this.input[1]);
      const type = this.input[0] >> 4;
      this.input = this.input.subarray(2 + body.length);
      if (type === 1) this.socket.write(Buffer.from([0x20, 2, 0, 0]));
      if (type === 3) onPublish(this.socket, body);
    }
  }
}

const server = net.createServer((socket) => new Connection(socket));
server.listen(0, '127.0.0.1', () => process.stdout.write(server.address().port + '\n'));
process.stdin.on('end', () => process.exit(0)).resume();
