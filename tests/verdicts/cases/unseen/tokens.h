/* A part of a service that is written in C: tokens of what clients have asked for, in a list, and names of topics. */
#ifndef TESTS_VERDICTS_CASES_UNSEEN_TOKENS_H_
#define TESTS_VERDICTS_CASES_UNSEEN_TOKENS_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a token, which stays in the list. */
void AddToken(const char* filter, size_t bytes);
/* Remembers the name of the last topic, and forgets to free the one before. */
void RememberLastTopic(const char* topic, size_t bytes);
/* A table of `slots` pointers that is made at once, each slot replaced in turn. */
void PutInRing(const char* text, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
