class Prism < Formula
  desc "Label rows of tables with a language model on your own machine"
  homepage "@URL@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_intel do
      url "@URL@/prism-@VERSION@-darwin-amd64.tar.gz"
      sha256 "@SUM:darwin/amd64@"
    end
    on_arm do
      url "@URL@/prism-@VERSION@-darwin-arm64.tar.gz"
      sha256 "@SUM:darwin/arm64@"
    end
  end

  on_linux do
    on_intel do
      url "@URL@/prism-@VERSION@-linux-amd64.tar.gz"
      sha256 "@SUM:linux/amd64@"
    end
    on_arm do
      url "@URL@/prism-@VERSION@-linux-arm64.tar.gz"
      sha256 "@SUM:linux/arm64@"
    end
  end

  depends_on "jq"

  def install
    bin.install Dir["bin/*"]
    lib.install "lib/prism"
    man1.install Dir["share/man/man1/*"]
    bash_completion.install Dir["share/bash-completion/completions/*"]
    zsh_completion.install Dir["share/zsh/site-functions/*"]
    fish_completion.install Dir["share/fish/vendor_completions.d/*"]
    doc.install Dir["share/doc/prism/*"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/prism-split --version")
    assert_match version.to_s, shell_output("#{bin}/prism-run --version")
  end
end
