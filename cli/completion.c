#include "options.h"

#include <string.h>

#include "error.h"
#include "option_table.h"
#include "strbuf.h"

/* Names of implementations, workloads and events are asked of `dcbench list KIND -q`, one
 * a line, when the user presses the key. NULL for other completions. */
static const char *list_kind(const struct cli_option_row *row)
{
    switch (row->complete) {
    case CLI_COMPLETE_IMPLS:
        return "impls";
    case CLI_COMPLETE_WORKLOADS:
        return "workloads";
    case CLI_COMPLETE_EVENTS:
        return "events";
    default:
        return NULL;
    }
}

static bool takes_list(const struct cli_option_row *row)
{
    return row->value == CLI_VALUE_LIST || row->value == CLI_VALUE_EVENTS ||
           row->value == CLI_VALUE_SET;
}

static bool takes_files(const struct cli_option_row *row)
{
    return row->complete == CLI_COMPLETE_FILE || row->complete == CLI_COMPLETE_IMPLS ||
           row->complete == CLI_COMPLETE_WORKLOADS;
}

static void append_words(struct dcb_strbuf *out, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        dcb_strbuf_appendf(out, "%s%s", i ? " " : "", words[i]);
}

static void append_commands(struct dcb_strbuf *out)
{
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++)
        dcb_strbuf_appendf(out, "%s%s", i ? " " : "", cli_command_rows[i].name);
}

/* `text` up to its first ':' or ';', fit for single quotes of a shell. */
static void append_summary(struct dcb_strbuf *out, const char *text)
{
    for (size_t length = strcspn(text, ":;"); length > 0; length--, text++) {
        if (!strchr("'\\[]", *text))
            dcb_strbuf_append_bytes(out, text, 1);
    }
}

/* bash */

static const char bash_start[] =
    "# bash completion for dcbench, as 'dcbench --completion bash' prints it\n\n";

/* Works on the line instead of on COMP_WORDS, which are split at '=' and ':' as well;
 * the same characters decide how much of a word bash wants back. */
static const char bash_main[] =
    "_dcbench()\n"
    "{\n"
    "    local IFS=$' \\t\\n' line=${COMP_LINE:0:COMP_POINT} whole= word\n"
    "    local cur= prefix= option= command= ended= operand= list= ask= files=\n"
    "    local -a words=() candidates=()\n"
    "\n"
    "    COMPREPLY=()\n"
    "    read -ra words <<<\"$line\"\n"
    "    if [[ $line != *[[:space:]] ]]; then\n"
    "        whole=${words[-1]}\n"
    "        unset 'words[-1]'\n"
    "    fi\n"
    "    for word in \"${words[@]:1}\"; do\n"
    "        if [[ $option ]]; then\n"
    "            option=\n"
    "        elif [[ ! $ended && $word == -- ]]; then\n"
    "            ended=1\n"
    "        elif [[ ! $ended && $word == -?* ]]; then\n"
    "            if _dcbench_takes_value \"$word\"; then option=$word; fi\n"
    "        elif [[ ! $command ]]; then\n"
    "            command=$word\n"
    "        else\n"
    "            operand=$word\n"
    "        fi\n"
    "    done\n"
    "\n"
    "    cur=$whole\n"
    "    if [[ ! $option && ! $ended && $cur == --*=* ]]; then\n"
    "        option=${cur%%=*}\n"
    "        prefix=$option=\n"
    "        cur=${cur#*=}\n"
    "    fi\n"
    "    if [[ $option ]]; then\n"
    "        _dcbench_value \"$option\" \"$command\"\n"
    "        if [[ $list && $cur == *,* ]]; then\n"
    "            prefix+=${cur%,*},\n"
    "            cur=${cur##*,}\n"
    "        fi\n"
    "        if [[ $ask && $cur == *=* ]]; then\n"
    "            prefix+=${cur%%=*}=\n"
    "            cur=${cur#*=}\n"
    "        fi\n"
    "        if [[ $ask ]]; then\n"
    "            mapfile -t candidates \\\n"
    "                <<<\"$(\"${1/#\\~/$HOME}\" list \"$ask\" -q 2>/dev/null)\"\n"
    "        fi\n"
    "    elif [[ $cur == -* && ! $ended ]]; then\n"
    "        _dcbench_options \"$command\"\n"
    "    else\n"
    "        _dcbench_operands \"$command\" \"$operand\"\n"
    "    fi\n"
    "\n"
    "    for word in \"${candidates[@]}\"; do\n"
    "        if [[ $word && $word == \"$cur\"* ]]; then\n"
    "            COMPREPLY+=(\"$prefix$word\")\n"
    "        fi\n"
    "    done\n"
    "    if [[ $files && ${#COMPREPLY[@]} -eq 0 ]]; then\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        while IFS= read -r word; do\n"
    "            if [[ $prefix && -d $word ]]; then word+=/; fi\n"
    "            if [[ $word ]]; then COMPREPLY+=(\"$prefix$word\"); fi\n"
    "        done <<<\"$(compgen \"$files\" -- \"$cur\")\"\n"
    "    fi\n"
    "\n"
    "    local breaks=${COMP_WORDBREAKS//[^=:]/}\n"
    "    if [[ $breaks && $whole == *[$breaks]* ]]; then\n"
    "        COMPREPLY=(\"${COMPREPLY[@]#\"${whole%\"${whole##*[$breaks]}\"}\"}\")\n"
    "    fi\n"
    "}\n"
    "\n"
    "complete -F _dcbench dcbench\n";

static void append_bash_pattern(struct dcb_strbuf *out, const struct cli_option_row *row)
{
    if (row->letter)
        dcb_strbuf_appendf(out, "-%c | ", row->letter);
    dcb_strbuf_appendf(out, "--%s", row->name);
}

static void append_bash_takes_value(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "_dcbench_takes_value()\n{\n    case $1 in\n");
    for (size_t i = 0; i < cli_option_count; i++) {
        if (!cli_option_rows[i].argument)
            continue;
        dcb_strbuf_append(out, "    ");
        append_bash_pattern(out, &cli_option_rows[i]);
        dcb_strbuf_append(out, ") return 0 ;;\n");
    }
    dcb_strbuf_append(out, "    esac\n    return 1\n}\n\n");
}

static void append_bash_choices(struct dcb_strbuf *out, const struct cli_option_row *row)
{
    dcb_strbuf_append(out, " candidates=(");
    append_words(out, row->choices);
    dcb_strbuf_append(out, ")");
    for (const struct cli_option_variant *v = row->variants; v && v->commands; v++) {
        const char *separator = "; case $2 in ";

        for (size_t i = 0; v->choices && i < CLI_COMMAND_COUNT; i++) {
            if (!(v->commands & 1u << i))
                continue;
            dcb_strbuf_appendf(out, "%s%s", separator, cli_command_rows[i].name);
            separator = " | ";
        }
        if (!v->choices)
            continue;
        dcb_strbuf_append(out, ") candidates=(");
        append_words(out, v->choices);
        dcb_strbuf_append(out, ") ;; esac");
    }
}

static void append_bash_values(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "# What the value of option $1 of command $2 is "
                           "completed with.\n"
                           "_dcbench_value()\n{\n    case $1 in\n");
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];

        if (row->complete == CLI_COMPLETE_NONE)
            continue;
        dcb_strbuf_append(out, "    ");
        append_bash_pattern(out, row);
        dcb_strbuf_append(out, ")");
        if (takes_list(row))
            dcb_strbuf_append(out, " list=1");
        if (list_kind(row))
            dcb_strbuf_appendf(out, " ask=%s", list_kind(row));
        if (takes_files(row))
            dcb_strbuf_append(out, " files=-f");
        if (row->complete == CLI_COMPLETE_DIR)
            dcb_strbuf_append(out, " files=-d");
        if (row->complete == CLI_COMPLETE_CHOICES)
            append_bash_choices(out, row);
        dcb_strbuf_append(out, " ;;\n");
    }
    dcb_strbuf_append(out, "    esac\n}\n\n");
}

static void append_bash_options(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "_dcbench_options()\n{\n    case $1 in\n");
    for (size_t command = CLI_COMMAND_COUNT; command-- > 0;) {
        const char *name = cli_command_rows[command].name;

        dcb_strbuf_appendf(out, "    %s)\n        candidates=(\n",
                           command == CLI_RUN ? "*" : name);
        for (size_t i = 0; i < cli_option_count; i++) {
            if (cli_option_applies(&cli_option_rows[i], (enum cli_command)command))
                dcb_strbuf_appendf(out, "            --%s\n", cli_option_rows[i].name);
        }
        dcb_strbuf_append(out, "        ) ;;\n");
    }
    dcb_strbuf_append(out, "    esac\n}\n\n");
}

static void append_bash_operands(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "# What stands behind command $1 and its last operand $2.\n"
                           "_dcbench_operands()\n{\n    case $1 in\n"
                           "    '') candidates=(");
    append_commands(out);
    dcb_strbuf_append(out, ") ;;\n");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        if (cli_command_rows[i].files)
            dcb_strbuf_appendf(out, "    %s) files=-f ;;\n", cli_command_rows[i].name);
        if (!cli_command_rows[i].operands)
            continue;
        dcb_strbuf_appendf(out, "    %s) [[ $2 ]] || candidates=(",
                           cli_command_rows[i].name);
        append_words(out, cli_command_rows[i].operands);
        dcb_strbuf_append(out, ") ;;\n");
    }
    dcb_strbuf_append(out, "    esac\n}\n\n");
}

static void complete_bash(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, bash_start);
    append_bash_takes_value(out);
    append_bash_values(out);
    append_bash_options(out);
    append_bash_operands(out);
    dcb_strbuf_append(out, bash_main);
}

/* zsh */

static const char zsh_start[] =
    "#compdef dcbench\n"
    "# zsh completion for dcbench, as 'dcbench --completion zsh' prints it\n"
    "\n"
    "_dcbench_names() {\n"
    "  local kind=$1 expl\n"
    "  local -a names\n"
    "  shift\n"
    "  if [[ $kind != events ]]; then compset -P '*='; fi\n"
    "  names=(${(f)\"$(_call_program $kind ${(q)program} list $kind -q "
    "2>/dev/null)\"})\n"
    "  _wanted $kind expl ${kind%s} compadd \"$@\" -a names\n"
    "}\n"
    "\n"
    "_dcbench_impls() { _dcbench_names impls \"$@\" || _files \"$@\"; }\n"
    "_dcbench_workloads() { _dcbench_names workloads \"$@\" || _files \"$@\"; }\n"
    "_dcbench_events() { _dcbench_names events \"$@\"; }\n"
    "\n";

/* The action of an optspec of _arguments. */
static void append_zsh_action(struct dcb_strbuf *out, const struct cli_option_row *row)
{
    if (list_kind(row))
        dcb_strbuf_appendf(out, "%s_dcbench_%s", takes_list(row) ? "_sequence " : "",
                           list_kind(row));
    else if (row->complete == CLI_COMPLETE_FILE)
        dcb_strbuf_append(out, "_files");
    else if (row->complete == CLI_COMPLETE_DIR)
        dcb_strbuf_append(out, "_files -/");
    else if (row->complete == CLI_COMPLETE_CHOICES) {
        dcb_strbuf_append(out, takes_list(row) ? "_sequence compadd - " : "(");
        append_words(out, row->choices);
        dcb_strbuf_append(out, takes_list(row) ? "" : ")");
    }
}

static void append_zsh_option(struct dcb_strbuf *out, const struct cli_option_row *row)
{
    const char *value = row->argument ? "=" : "";

    dcb_strbuf_append(out, "      '*'");
    if (row->letter)
        dcb_strbuf_appendf(out, "{-%c%s,--%s%s}", row->letter, row->argument ? "+" : "",
                           row->name, value);
    else
        dcb_strbuf_appendf(out, "--%s%s", row->name, value);
    dcb_strbuf_append(out, "'[");
    append_summary(out, row->help);
    dcb_strbuf_append(out, "]");
    if (row->argument) {
        dcb_strbuf_appendf(out, ":%s:", row->argument);
        append_zsh_action(out, row);
    }
    dcb_strbuf_append(out, "'\n");
}

static void append_zsh_command(struct dcb_strbuf *out, enum cli_command command)
{
    const struct cli_command_row *row = &cli_command_rows[command];

    dcb_strbuf_appendf(out, "  %s)\n    specs=(\n", command == CLI_RUN ? "*" : row->name);
    for (size_t i = 0; i < cli_option_count; i++) {
        struct cli_option_row own = cli_option_for(&cli_option_rows[i], command);

        if (cli_option_applies(&own, command))
            append_zsh_option(out, &own);
    }
    dcb_strbuf_append(out, "      '1:command:(");
    append_commands(out);
    dcb_strbuf_append(out, ")'\n");
    if (row->files)
        dcb_strbuf_append(out, "      '*:file:_files'\n");
    if (row->operands) {
        dcb_strbuf_append(out, "      '2:what:(");
        append_words(out, row->operands);
        dcb_strbuf_append(out, ")'\n");
    }
    if (row->files)
        dcb_strbuf_append(out, "      '*:file:_files'\n");
    dcb_strbuf_append(out, "    ) ;;\n");
}

static void complete_zsh(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, zsh_start);
    dcb_strbuf_append(out, "_dcbench() {\n"
                           "  local program=${(Q)words[1]} word command=\n"
                           "  local -a specs\n"
                           "  for word in ${words[2,CURRENT-1]}; do\n"
                           "    case $word in\n"
                           "    ");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++)
        dcb_strbuf_appendf(out, "%s%s", i ? "|" : "", cli_command_rows[i].name);
    dcb_strbuf_append(out, ") command=$word; break ;;\n"
                           "    esac\n"
                           "  done\n"
                           "  case $command in\n");
    for (size_t i = CLI_COMMAND_COUNT; i-- > 0;)
        append_zsh_command(out, (enum cli_command)i);
    dcb_strbuf_append(out, "  esac\n"
                           "  _arguments -s -S $specs\n"
                           "}\n"
                           "\n"
                           "if [[ $funcstack[1] == _dcbench ]]; then\n"
                           "  _dcbench \"$@\"\n"
                           "else\n"
                           "  compdef _dcbench dcbench\n"
                           "fi\n");
}

/* fish */

static const char fish_start[] =
    "# fish completion for dcbench, as 'dcbench --completion fish' prints it\n"
    "\n"
    "# The items behind the last comma of the word in hand.\n"
    "function __dcbench_items\n"
    "    set -l word (string replace -r -- '^--[^=]*=' '' (commandline -ct))\n"
    "    set -l before (string match -r -- '^.*,' $word)\n"
    "    for item in $argv\n"
    "        echo \"$before$item\"\n"
    "    end\n"
    "end\n"
    "\n"
    "function __dcbench_names\n"
    "    set -l words (commandline -opc)\n"
    "    command $words[1] list $argv[1] -q 2>/dev/null\n"
    "end\n"
    "\n";

static void append_fish_commands(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "function __dcbench_command\n"
                           "    for word in (commandline -opc)[2..-1]\n"
                           "        if contains -- $word ");
    append_commands(out);
    dcb_strbuf_appendf(out,
                       "\n"
                       "            echo $word\n"
                       "            return\n"
                       "        end\n"
                       "    end\n"
                       "    echo %s\n"
                       "end\n"
                       "\n"
                       "complete -c dcbench -f\n",
                       cli_command_rows[CLI_RUN].name);
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        const struct cli_command_row *row = &cli_command_rows[i];

        dcb_strbuf_appendf(out, "complete -c dcbench -n __fish_use_subcommand -a %s -d '",
                           row->name);
        append_summary(out, row->summary);
        dcb_strbuf_append(out, "'\n");
        if (row->files)
            dcb_strbuf_appendf(
                out, "complete -c dcbench -n '__fish_seen_subcommand_from %s' -F\n",
                row->name);
        if (!row->operands)
            continue;
        dcb_strbuf_appendf(out,
                           "complete -c dcbench -n '__fish_seen_subcommand_from %s; and "
                           "not __fish_seen_subcommand_from ",
                           row->name);
        append_words(out, row->operands);
        dcb_strbuf_append(out, "' -a '");
        append_words(out, row->operands);
        dcb_strbuf_append(out, "'\n");
    }
}

/* The commands that take the option; nothing where all of them do. */
static void append_fish_condition(struct dcb_strbuf *out,
                                  const struct cli_option_row *row)
{
    struct dcb_strbuf names = DCB_STRBUF_INIT;
    size_t count = 0;

    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        if (!cli_option_applies(row, (enum cli_command)i))
            continue;
        dcb_strbuf_appendf(&names, " %s", cli_command_rows[i].name);
        count++;
    }
    if (count < CLI_COMMAND_COUNT)
        dcb_strbuf_appendf(out, " -n 'contains -- (__dcbench_command)%s'", names.text);
    dcb_strbuf_clear(&names);
}

static void append_fish_value(struct dcb_strbuf *out, const struct cli_option_row *row)
{
    const char *names = list_kind(row);

    dcb_strbuf_append(out, takes_files(row) ? " -r -F" : " -x");
    if (names && takes_list(row))
        dcb_strbuf_appendf(out, " -a '(__dcbench_items (__dcbench_names %s))'", names);
    else if (names)
        dcb_strbuf_appendf(out, " -a '(__dcbench_names %s)'", names);
    else if (row->complete == CLI_COMPLETE_DIR)
        dcb_strbuf_append(out, " -a '(__fish_complete_directories)'");
    else if (row->complete == CLI_COMPLETE_CHOICES) {
        dcb_strbuf_append(out, takes_list(row) ? " -a '(__dcbench_items " : " -a '");
        append_words(out, row->choices);
        dcb_strbuf_append(out, takes_list(row) ? ")'" : "'");
    }
}

static void append_fish_option(struct dcb_strbuf *out, const struct cli_option_row *row)
{
    dcb_strbuf_append(out, "complete -c dcbench");
    append_fish_condition(out, row);
    if (row->letter)
        dcb_strbuf_appendf(out, " -s %c", row->letter);
    dcb_strbuf_appendf(out, " -l %s", row->name);
    if (row->argument)
        append_fish_value(out, row);
    dcb_strbuf_append(out, " -d '");
    append_summary(out, row->help);
    dcb_strbuf_append(out, "'\n");
}

static void complete_fish(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, fish_start);
    append_fish_commands(out);
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_variant *v = cli_option_rows[i].variants;
        struct cli_option_row rest = cli_option_rows[i];

        for (; v && v->commands; v++) {
            struct cli_option_row own = cli_option_rows[i];

            own.commands = v->commands;
            own.choices = v->choices ? v->choices : own.choices;
            own.help = v->help ? v->help : own.help;
            rest.commands &= ~v->commands;
            append_fish_option(out, &own);
        }
        if (rest.commands)
            append_fish_option(out, &rest);
    }
}

int cli_options_completion(const char *shell, struct dcb_strbuf *out,
                           struct dcb_error *err)
{
    if (strcmp(shell, "bash") == 0)
        complete_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        complete_zsh(out);
    else if (strcmp(shell, "fish") == 0)
        complete_fish(out);
    else
        return dcb_error_set(err, DCB_ERROR_USAGE,
                             "--completion: unknown shell '%s'; one of bash, zsh, fish",
                             shell);
    return 0;
}
