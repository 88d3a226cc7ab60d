/* A program that no preloaded library can get into. */
int main(void) { return 0; }
