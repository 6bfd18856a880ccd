# Completion of credmint in fish: credmint completion fish | source
function __credmint_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -e words[1]
    credmint __complete fish $words "$word" 2>/dev/null
    or __fish_complete_path "$word"
end
complete -c credmint -f -k -a '(__credmint_complete)'
