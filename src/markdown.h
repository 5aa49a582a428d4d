/*
 * Text from outside in Markdown as GitHub and GitLab read it: labels, messages and names
 * of files come out as the characters that they are, whatever they would mean. Pure.
 */
#ifndef DCB_MARKDOWN_H
#define DCB_MARKDOWN_H

struct dcb_strbuf;

/* Within a line. Line ends become blanks, what is not printable '?'. */
void dcb_markdown_append(struct dcb_strbuf *out, const char *raw);

/* The same for what a line begins with: nor is it a list, a rule or code. */
void dcb_markdown_append_start(struct dcb_strbuf *out, const char *raw);

#endif
