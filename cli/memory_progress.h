/* What is drawn while memory is counted. */
#ifndef CLI_MEMORY_PROGRESS_H
#define CLI_MEMORY_PROGRESS_H

struct dcb_memory_progress;

/* In cmd_memory.c. */
void cli_memory_draw_progress(void *context, const struct dcb_memory_progress *progress);

#endif
