// Built statically, to be refused.
int main(void) { return 0; }
