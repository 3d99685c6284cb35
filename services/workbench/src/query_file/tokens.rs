//! Where a piece of SQL begins and ends. The parser's own spans leave out closing brackets, `CAST(` and keywords.

use datafusion::sql::sqlparser::{
    dialect::GenericDialect,
    keywords::Keyword,
    tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer},
};

/// The words and signs of a text, white space and comments left out.
pub(super) struct Tokens(Vec<TokenWithSpan>);

impl Tokens {
    pub(super) fn of(sql: &str) -> Self {
        let mut tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().unwrap_or_default();
        tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
        Self(tokens)
    }

    /// The first of them.
    pub(super) fn first(&self) -> Option<Span> {
        self.0.first().map(|token| token.span)
    }

    /// The items of the SELECT that begins at a place, from their first to their last character.
    pub(super) fn items(&self, select: Location) -> Vec<Span> {
        let after = self.0.iter().position(|token| token.span.start == select).map_or(self.0.len(), |at| at + 1);
        let (mut items, mut depth) = (Vec::new(), 0i32);
        let mut item: Option<Span> = None;
        for token in &self.0[after..] {
            match &token.token {
                Token::Comma if depth == 0 => items.extend(item.take()),
                Token::SemiColon => break,
                Token::Word(word) if depth == 0 && word.keyword == Keyword::FROM => break,
                Token::Word(word) if item.is_none() && matches!(word.keyword, Keyword::DISTINCT | Keyword::ALL) => {}
                other => {
                    depth += step(other);
                    if depth < 0 {
                        break;
                    }
                    item = Some(item.map_or(token.span, |item| item.union(&token.span)));
                }
            }
        }
        items.extend(item);
        items
    }

    /// A call with all its brackets, from the span that the parser gives it: that of its name and arguments.
    pub(super) fn call(&self, span: Span) -> Span {
        let inside = |token: &TokenWithSpan| span.start <= token.span.start && token.span.end <= span.end;
        let mut depth: i32 = self.0.iter().filter(|token| inside(token)).map(|token| step(&token.token)).sum();
        let mut rest = self.0.iter().skip_while(|token| token.span.start < span.end).peekable();
        let mut end = span.end;
        if depth == 0 && !self.0.iter().any(|token| inside(token) && token.token == Token::RParen) {
            // A name alone: `now()`.
            if rest.peek().is_none_or(|token| token.token != Token::LParen) {
                return span;
            }
            depth = rest.next().map_or(0, |token| step(&token.token));
        }
        while depth > 0
            && let Some(token) = rest.next()
        {
            depth += step(&token.token);
            end = token.span.end;
        }
        Span::new(span.start, end)
    }

    /// A span and the word before it: `LIMIT 3`.
    pub(super) fn with_word_before(&self, span: Span) -> Span {
        let before = self.0.iter().take_while(|token| token.span.start < span.start).last();
        before.map_or(span, |word| word.span.union(&span))
    }

    /// The first word or sign of this text.
    pub(super) fn find(&self, text: &str) -> Option<Span> {
        self.0.iter().find(|token| token.token.to_string() == text).map(|token| token.span)
    }

    /// What follows the first semicolon.
    pub(super) fn after_semicolon(&self) -> Option<Span> {
        let mut after = self.0.iter().skip_while(|token| token.token != Token::SemiColon);
        after.find(|token| token.token != Token::SemiColon).map(|token| token.span)
    }
}

/// How much deeper a sign goes into brackets.
fn step(token: &Token) -> i32 {
    match token {
        Token::LParen | Token::LBracket | Token::LBrace => 1,
        Token::RParen | Token::RBracket | Token::RBrace => -1,
        _ => 0,
    }
}
