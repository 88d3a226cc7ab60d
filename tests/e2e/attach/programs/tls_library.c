/* A library that can only be loaded while the C library has BYTES of static TLS left for it. */
__attribute__((tls_model("initial-exec"))) __thread char room[BYTES] = {1};

char* Room(void) { return room; }
